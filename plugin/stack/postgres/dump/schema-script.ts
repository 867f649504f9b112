// Supabase CLI: pkg/migration/scripts/dump_schema.sh, which does the same to lines instead of statements.
import { splitStatements } from '../sql-script.ts';
import { INTERNAL_SCHEMAS, isOneOf } from './scope.ts';
import { targetSchema } from './statement-target.ts';

/** What a project cannot run, or what every project has already. */
const LEFT_OUT = [
  /^(CREATE|ALTER|COMMENT ON) EVENT TRIGGER /,
  /^CREATE PUBLICATION "supabase_realtime/,
  /^ALTER PUBLICATION "supabase_realtime_/,
  /^ALTER FOREIGN DATA WRAPPER .+ OWNER TO /,
  /^GRANT ALL ON FOREIGN DATA WRAPPER .+ TO "postgres" WITH GRANT OPTION/,
  /^ALTER DEFAULT PRIVILEGES FOR ROLE "supabase_admin"/,
  /^COMMENT ON EXTENSION /,
  /^CREATE POLICY "cron_job_/,
  /^ALTER TABLE "cron"/,
  // Unknown before PostgreSQL 17.
  /^SET transaction_timeout = 0$/,
];

/** What may exist already, in another form. */
const REPLACED: readonly [RegExp, string][] = [
  [/^CREATE (SCHEMA|TABLE|SEQUENCE) "/, 'CREATE $1 IF NOT EXISTS "'],
  [/^CREATE (VIEW|FUNCTION|TRIGGER) "/, 'CREATE OR REPLACE $1 "'],
  // Extensions that make their schema themselves.
  [/^(CREATE EXTENSION IF NOT EXISTS "(?:pg_tle|pgsodium|pgmq)").+$/s, '$1'],
];

/** The output of `pg_dump --schema-only` as a script that a project of Supabase can run. */
export function adaptSchema(script: string, { keepComments }: { keepComments: boolean }): string {
  let result = '';
  let end = 0;
  const between = (until: number): string => {
    const gap = script.slice(end, until).replace(/^\s*;/, '');
    return keepComments ? gap : gap.replaceAll(/^--.*\n?/gm, '').replaceAll(/\n{3,}/g, '\n\n');
  };
  for (const { text, offset } of splitStatements(script)) {
    const gap = between(offset);
    end = offset + text.length;
    if (!isLeftOut(text)) result += `${gap}${replaced(text)};`;
    else if (keepComments) result += `${gap}${`${text};`.replaceAll(/^/gm, '-- ')}`;
  }
  return `${(result + between(script.length)).trim()}\n`;
}

function isLeftOut(statement: string): boolean {
  // Extensions have the privileges that the platform gives them.
  const schema = /^(?:GRANT|REVOKE) /.test(statement) ? targetSchema(statement) : undefined;
  if (schema !== undefined && isOneOf(schema, INTERNAL_SCHEMAS)) return true;
  return LEFT_OUT.some((pattern) => pattern.test(statement));
}

function replaced(statement: string): string {
  return REPLACED.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), statement);
}
