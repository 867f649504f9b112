/** The database of the project, for services, tools and people. */
export const LIVE = 'postgres';

/** What the live one was before the last exchange; the snapshot "previous". */
export const PREVIOUS = '_stack_snapshot_previous';

/** Complete: the name is given by a rename at the end. */
export const TEMPLATE_PREFIX = '_stack_template_';
/** Those with the seed. */
export const SEEDED_PREFIX = `${TEMPLATE_PREFIX}seeded_`;

/** Kept until somebody deletes it. */
export const SNAPSHOT_PREFIX = '_stack_snapshot_';

/** Of the running process: the next start drops them. */
export const BUILD_PREFIX = '_stack_build_';
export const FORK_PREFIX = '_stack_fork_';

/** What had the name `PREVIOUS` before an exchange; dropped after it. */
export const REPLACED_PREFIX = `${BUILD_PREFIX}replaced_`;
