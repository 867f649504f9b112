import type { Drift, MigrationState } from '../../stack/postgres/databases/drift.ts';
import { findOwner } from '../../stack/ownership/claim.ts';
import type { DoctorContext } from '../context.ts';
import { ok, problem, type Finding } from '../finding.ts';

const CHECK = 'drift';
const REBUILD =
  'Build the database again from its files, with the data that fits, or put the file back as it was.';

/** Whether the running database is what its files say, and whether config.toml was understood. */
export async function checkDrift({ running, dataDir }: DoctorContext): Promise<Finding[]> {
  const owner = running && (await findOwner(dataDir));
  if (!owner) return [];
  try {
    const drift = (await owner.request('drift')) as Drift & { readonly isChangedByHand: boolean };
    const states = (await owner.request('migration list')) as MigrationState[];
    const notices = (await owner.request('config notices')) as string[];
    const findings = [...describeDrift(drift, states), ...notices.map(configNotice)];
    return findings.length > 0 ? findings : [ok(CHECK, 'migrations', 'The database is what its files say')];
  } finally {
    owner.leave();
  }
}

function describeDrift(
  { isChangedByHand }: { readonly isChangedByHand: boolean },
  states: readonly MigrationState[],
): Finding[] {
  const named = (state: MigrationState['state']): MigrationState[] =>
    states.filter((one) => one.state === state);
  const rebuild = { cure: REBUILD, code: 'npx vite-plugin-supabase migration up' };
  const findings: Finding[] = [];
  for (const migration of named('changed'))
    findings.push(
      problem(CHECK, 'warning', {
        kind: 'migration-changed',
        subject: migration.version,
        cause: `The migration ${nameOf(migration)} has other statements now than when it was applied.`,
        ...rebuild,
      }),
    );
  for (const migration of named('gone'))
    findings.push(
      problem(CHECK, 'warning', {
        kind: 'migration-gone',
        subject: migration.version,
        cause: `The migration ${nameOf(migration)} is applied, and its file is gone.`,
        ...rebuild,
      }),
    );
  for (const migration of named('new'))
    findings.push(
      problem(CHECK, 'info', {
        kind: 'migration-new',
        subject: migration.version,
        cause: `The migration ${nameOf(migration)} is not applied yet.`,
        cure: 'Apply it.',
        code: 'npx vite-plugin-supabase migration up',
      }),
    );
  if (isChangedByHand)
    findings.push(
      problem(CHECK, 'warning', {
        kind: 'changed-by-hand',
        subject: 'schema',
        cause: 'The schema of the database was changed without a migration.',
        cure: 'Write the change as a migration: the next build of the database does not have it.',
        code: 'npx vite-plugin-supabase migration new NAME',
      }),
    );
  return findings;
}

function nameOf({ version, name }: MigrationState): string {
  return name === '' ? version : `${version}_${name}`;
}

function configNotice(notice: string): Finding {
  return problem(CHECK, 'warning', {
    kind: 'config-notice',
    subject: notice.split(':', 1)[0] ?? 'config',
    cause: `${notice.replace(/\.$/, '')}.`,
    cure: 'Correct or remove the setting.',
  });
}
