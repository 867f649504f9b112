import pg from 'pg';
import { silentLogger } from '../../shared/logger.ts';
import {
  listStates,
  readApplied,
  type Drift,
  type MigrationState,
} from '../../stack/postgres/databases/drift.ts';
import { readMigrations } from '../../stack/postgres/migration-files.ts';
import { findOwner } from '../../stack/ownership/claim.ts';
import type { DoctorContext } from '../context.ts';
import { ok, problem, type Finding } from '../finding.ts';

const CHECK = 'drift';
const CONNECT_TIMEOUT_MS = 3_000;
const HAS_TABLE = "select to_regclass('supabase_migrations.schema_migrations') is not null as exists";
const REBUILD =
  'Build the database again from its files, with the data that fits, or put the file back as it was.';

/** Whether the running database is what its files say, and whether config.toml was understood. */
export async function checkDrift(context: DoctorContext): Promise<Finding[]> {
  const { running, dataDir, databaseUrl } = context;
  if (!running && databaseUrl !== undefined) return checkLocal(context, databaseUrl);
  const owner = running && (await findOwner(dataDir));
  if (!owner) return [];
  try {
    const drift = (await owner.request('drift')) as Drift & { readonly isChangedByHand: boolean };
    const states = (await owner.request('migration list')) as MigrationState[];
    const notices = (await owner.request('config notices')) as string[];
    const findings = [...describeDrift(drift, states, OWN), ...notices.map(configNotice)];
    return findings.length > 0 ? findings : [ok(CHECK, 'migrations', 'The database is what its files say')];
  } finally {
    owner.leave();
  }
}

/** The Supabase CLI's stack, whose commands mend it. */
async function checkLocal({ config }: DoctorContext, connectionString: string): Promise<Finding[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  await client.connect();
  try {
    const files = await readMigrations(config.supabaseDir, silentLogger);
    const { rows } = await client.query<{ exists: boolean }>(HAS_TABLE);
    // The CLI makes the table with the first migration.
    const applied = rows[0]?.exists ? await readApplied(client) : [];
    const states = listStates(applied, files);
    const findings = describeDrift({ isChangedByHand: false }, states, CLI);
    return findings.length > 0
      ? findings
      : [ok(CHECK, 'migrations', 'The database has the migrations of its files')];
  } finally {
    await client.end();
  }
}

/** What mends a database: of changed and gone migrations, and of new ones. */
interface Commands {
  readonly rebuild: Pick<Finding, 'cure' | 'code'>;
  readonly apply: string;
}

const OWN: Commands = {
  rebuild: { cure: REBUILD, code: 'npx vite-plugin-supabase migration up' },
  apply: 'npx vite-plugin-supabase migration up',
};

const CLI: Commands = {
  rebuild: {
    cure: 'Build the database again from its files, which deletes the data, or put the file back as it was.',
    code: 'npx supabase db reset',
  },
  apply: 'npx supabase migration up',
};

function describeDrift(
  { isChangedByHand }: { readonly isChangedByHand: boolean },
  states: readonly MigrationState[],
  { rebuild, apply }: Commands,
): Finding[] {
  const named = (state: MigrationState['state']): MigrationState[] =>
    states.filter((one) => one.state === state);
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
        code: apply,
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
