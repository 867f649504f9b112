import { errorMessage } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';

/** Asks the process that runs the stack, as a command does. */
export type AskStack = (command: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** What a word and Enter do in the terminal of a dev server or of `start`. */
export interface Shortcut {
  readonly key: string;
  /** Continues "press … to". */
  readonly description: string;
  /** @returns what was done, for the terminal */
  run(ask: AskStack): Promise<string>;
}

/** The snapshot of the shortcuts. */
const QUICK = 'quick';

/** Words instead of letters: nobody types one of them by accident. */
export const DATABASE_SHORTCUTS: readonly Shortcut[] = [
  {
    key: 'reset',
    description: 'reset the database',
    async run(ask) {
      await ask('reset');
      return 'the database is reset; the snapshot "previous" has what was before';
    },
  },
  {
    key: 'save',
    description: `save database and files as the snapshot "${QUICK}"`,
    async run(ask) {
      await ask('snapshot save', { name: QUICK });
      return `saved as the snapshot "${QUICK}"`;
    },
  },
  {
    key: 'load',
    description: 'restore that snapshot',
    async run(ask) {
      await ask('snapshot restore', { name: QUICK });
      return `restored the snapshot "${QUICK}"; the snapshot "previous" has what was before`;
    },
  },
];

/** Runs a shortcut and prints what it has done, or why it has not. Never rejects. */
export async function runShortcut(shortcut: Shortcut, ask: AskStack, logger: Logger): Promise<void> {
  try {
    logger.info(`Supabase: ${await shortcut.run(ask)}`);
  } catch (error) {
    logger.error(`Supabase: ${errorMessage(error)}`);
  }
}
