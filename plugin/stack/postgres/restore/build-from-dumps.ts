import { SupabaseDevError } from '../../../shared/errors.ts';
import { markDone } from '../bootstrap.ts';
import type { Database } from '../database.ts';
import { diffSchemas } from '../diff/diff-schemas.ts';
import type { MigrationFile } from '../migration-files.ts';
import { recordMigration } from '../migrations.ts';
import { migrateDatabase, rulesOf } from '../project-schema.ts';
import { INTERNAL_SCHEMAS, isOneOf } from '../dump/scope.ts';
import type { DumpFile } from './dump-file.ts';
import { restoreDumps, type RestoreReport } from './restore.ts';
import { rowsTarget, targetSchema } from '../dump/statement-target.ts';
import { rememberSchema } from '../databases/by-hand.ts';
import { readApplied } from '../databases/drift.ts';
import { LIVE } from '../databases/names.ts';
import { adoptName } from '../databases/own-name.ts';
import { withClient } from '../databases/server.ts';
import type { ProjectDatabases } from '../databases/project-databases.ts';
import type { DatabaseParts } from '../databases/templates.ts';

/** What a restored database has of the project's migrations. */
export interface RestoredHistory {
  /** Versions that are recorded although the dump does not say so, because it has their result. */
  readonly recorded: readonly string[];
  /** Versions that were applied after the dump. */
  readonly applied: readonly string[];
  /** Whether the schema of the dump is that of no state of the migrations. */
  readonly differs: boolean;
}

export interface RestoredDumps extends RestoreReport, RestoredHistory {}

/** States of the migrations with which a dump that has no record of them is compared, from the last one back. */
const MAX_COMPARED = 10;

/**
 * Builds a database beside the live one from dumps: a dump with tables on Supabase's schema alone, one with only rows on
 * the project's migrations.
 *
 * @returns its name, for `replace`
 * @throws SupabaseDevError DUMP_UNREADABLE, RESTORE_FAILED, MIGRATION_FAILED; nothing is left of it
 */
export async function buildFromDumps(
  databases: ProjectDatabases,
  dumps: readonly DumpFile[],
): Promise<{ next: string; result: RestoredDumps }> {
  const hasSchema = requireContent(dumps);
  const migrations = await databases.readMigrations();
  await databases.settle();
  const { server, templates, options } = databases.parts;
  const next = await templates.build(hasSchema ? [] : migrations);
  try {
    const database = server.database(next);
    const report = await restoreDumps(database, dumps, rulesOf(options, database));
    const history = hasSchema
      ? await completeHistory(databases.parts, database, migrations)
      : { recorded: [], applied: [], differs: false };
    await withClient(database.connection('supabase_admin'), async (admin) => {
      // The rows of the dump take the place of the seed's.
      await markDone(admin, 'seed');
      await rememberSchema(admin);
      await adoptName(admin, LIVE);
    });
    return { next, result: { ...report, ...history } };
  } catch (error) {
    await templates.drop(next).catch(() => {});
    throw error;
  }
}

/** Whether dumps define the schema of the project, too. @throws SupabaseDevError DUMP_UNREADABLE when they have neither */
function requireContent(dumps: readonly DumpFile[]): boolean {
  const texts = dumps.flatMap(({ statements }) => statements.map(({ text }) => text));
  if (texts.some(definesObject)) return true;
  if (texts.some((text) => rowsTarget(text) !== undefined)) return false;
  const files = dumps.map(({ file }) => file).join(', ');
  throw new SupabaseDevError('DUMP_UNREADABLE', `${files}: there are neither tables nor rows`, {
    hint: 'Restore roles together with the schema: vite-plugin-supabase restore roles.sql schema.sql data.sql.',
  });
}

const NO_OBJECT =
  /^create\s+(?:role|user|group|schema|extension|event\s+trigger|publication|policy|(?:constraint\s+)?trigger)\b/i;

/** Of the project itself, not of the server or of Supabase. */
function definesObject(statement: string): boolean {
  if (!/^create\b/i.test(statement) || NO_OBJECT.test(statement)) return false;
  const schema = targetSchema(statement);
  return schema === undefined || !isOneOf(schema, INTERNAL_SCHEMAS);
}

/** Records the migrations whose result a dump has, and applies those that came after it. */
async function completeHistory(
  parts: DatabaseParts,
  database: Database,
  migrations: readonly MigrationFile[],
): Promise<RestoredHistory> {
  const before = await withClient(database.connection('postgres'), readApplied);
  const state = before.length > 0 ? 0 : await findState(parts, database, migrations);
  const recorded = migrations.slice(0, state);
  await withClient(database.connection('postgres'), async (client) => {
    for (const migration of recorded) await recordMigration(client, migration);
  });
  const { applied } = await migrateDatabase(database, parts.options, migrations);
  return { recorded: recorded.map(({ version }) => version), applied, differs: state === undefined };
}

/**
 * How many of the migrations lead to the schema of a database; undefined for none of the last states. A dump of the Supabase
 * CLI leaves out what a project adds to the tables of Supabase: that is completed.
 */
async function findState(
  { server, templates }: DatabaseParts,
  database: Database,
  migrations: readonly MigrationFile[],
): Promise<number | undefined> {
  const first = Math.max(1, migrations.length - MAX_COMPARED + 1);
  for (let count = migrations.length; count >= first; count--) {
    const built = await templates.build(migrations.slice(0, count));
    try {
      const { statements, scripts } = await diffSchemas(database, server.database(built));
      if (!statements.every(isAddedToSupabase)) continue;
      await withClient(database.connection('postgres'), async (client) => {
        for (const script of scripts) await client.query(`begin; ${script}; commit`);
      });
      return count;
    } finally {
      await templates.drop(built);
    }
  }
  return migrations.length === 0 ? 0 : undefined;
}

function isAddedToSupabase(statement: string): boolean {
  const schema = /^create (?:policy|trigger)\b/i.test(statement) ? targetSchema(statement) : undefined;
  return schema !== undefined && isOneOf(schema, INTERNAL_SCHEMAS);
}
