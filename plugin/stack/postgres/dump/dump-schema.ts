import { runPgDump, type ServerAddress } from './pg-dump.ts';
import { adaptSchema } from './schema-script.ts';
import { INTERNAL_SCHEMAS } from './scope.ts';

export interface SchemaDumpOptions {
  /** Names of schemas, or patterns of psql (`app_*`); by default all of the project. */
  readonly schemas: readonly string[];
  /** Whether pg_dump's headings stay. */
  readonly keepComments: boolean;
}

/** The structure of a database as SQL, as `supabase db dump` writes it. @throws Error with what pg_dump has printed */
export async function dumpSchema(address: ServerAddress, options: SchemaDumpOptions): Promise<string> {
  const { schemas, keepComments } = options;
  const scope =
    schemas.length > 0
      ? schemas.map((name) => `--schema=${name}`)
      : INTERNAL_SCHEMAS.map((name) => `--exclude-schema=${name}`);
  const flags = ['--schema-only', '--quote-all-identifiers', '--role=postgres', ...scope];
  return adaptSchema(await runPgDump(address, flags), { keepComments });
}
