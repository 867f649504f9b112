import type pg from 'pg';
import { splitStatements } from '../sql-script.ts';
import type { MigrationFile } from '../migration-files.ts';

/** How the applied migrations differ from the files. */
export interface Drift {
  /** Versions whose file has other statements now. */
  readonly changed: readonly string[];
  /** Applied versions without a file. */
  readonly gone: readonly string[];
}

/** One migration, of the folder, the database, or both. */
export interface MigrationState {
  readonly version: string;
  readonly name: string;
  /** `new` is not applied yet, `changed` and `gone` are applied. */
  readonly state: 'applied' | 'new' | 'changed' | 'gone';
}

/** A row of `supabase_migrations.schema_migrations`, or of `schema_files` beside it. */
export interface AppliedMigration {
  readonly version: string;
  readonly name: string | null;
  /** Null when another program recorded it without. */
  readonly statements: readonly string[] | null;
}

export async function readApplied(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    `select version, name, statements from supabase_migrations.schema_migrations
      union all select path, null, statements from supabase_migrations.schema_files order by version`,
  );
  return rows;
}

/** Compares statements only: a comment between them, a blank line or another name changes nothing in the database. */
export function findDrift(applied: readonly AppliedMigration[], files: readonly MigrationFile[]): Drift {
  const byVersion = new Map(files.map((file) => [file.version, file]));
  const changed: string[] = [];
  const gone: string[] = [];
  for (const { version, statements } of applied) {
    const file = byVersion.get(version);
    if (!file) gone.push(version);
    else if (statements && !isSame(statements, file.text)) changed.push(version);
  }
  return { changed, gone };
}

function isSame(statements: readonly string[], text: string): boolean {
  const texts = (script: string): string => JSON.stringify(splitStatements(script).map((each) => each.text));
  const file = texts(text);
  // The Supabase CLI keeps the semicolons that this stack leaves out.
  return JSON.stringify(statements) === file || texts(statements.join(';\n')) === file;
}

/** How many of the first files are as they were applied. */
export function countUnchanged({ changed, gone }: Drift, files: readonly MigrationFile[]): number {
  const [firstGone] = gone.toSorted();
  const index = files.findIndex(
    ({ version }) => changed.includes(version) || (firstGone !== undefined && version > firstGone),
  );
  return index < 0 ? files.length : index;
}

/** What is wrong and what mends it, for people; undefined when nothing is. */
export function describeDrift({ changed, gone }: Drift): string | undefined {
  const parts = [
    ...(changed.length > 0 ? [`changed since they were applied: ${changed.join(', ')}`] : []),
    ...(gone.length > 0 ? [`applied, but without a file: ${gone.join(', ')}`] : []),
  ];
  if (parts.length === 0) return undefined;
  return (
    `Migrations ${parts.join('; ')}. To build the database again from its files, with the data that fits: ` +
    'npx vite-plugin-supabase migration up'
  );
}

/** All migrations by version. */
export function listStates(
  applied: readonly AppliedMigration[],
  files: readonly MigrationFile[],
): MigrationState[] {
  const { changed, gone } = findDrift(applied, files);
  const known = new Set(applied.map((migration) => migration.version));
  const stateOf = (version: string): MigrationState['state'] =>
    !known.has(version) ? 'new' : changed.includes(version) ? 'changed' : 'applied';
  return [
    ...files.map(({ version, name }) => ({ version, name, state: stateOf(version) })),
    ...applied
      .filter(({ version }) => gone.includes(version))
      .map(({ version, name }) => ({ version, name: name ?? '', state: 'gone' as const })),
  ].toSorted((a, b) => (a.version < b.version ? -1 : 1));
}
