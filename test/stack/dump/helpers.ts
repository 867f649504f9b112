import { join } from 'node:path';
import { dbDump } from '../../../plugin/commands/db-dump.ts';
import { restore } from '../../../plugin/commands/restore.ts';
import type { TestStack } from '../../helpers/stack.ts';
import { query } from '../databases/helpers.ts';

type Flags = Readonly<Record<string, string | boolean>>;

/** Runs `db dump -f` on a running stack. Returns the file. */
export async function dump(stack: TestStack, name: string, flags: Flags = {}): Promise<string> {
  const file = join(stack.root, name);
  await dbDump.run({ args: [], flags: { workdir: stack.root, file, ...flags } });
  return file;
}

/** Runs `restore` on a running stack. */
export async function restoreFiles(stack: TestStack, ...files: string[]): Promise<void> {
  await restore.run({ args: files, flags: { workdir: stack.root } });
}

/** A hash of the rows of each table of the project, of Auth and Storage, and the state of each sequence. */
export async function contentOf(stack: TestStack): Promise<Record<string, unknown>> {
  const tables = await query(
    stack,
    `select format('%I.%I', nspname, relname) as name, relkind as kind from pg_class join pg_namespace n on n.oid = relnamespace
      where relkind in ('r', 'S', 'm') and relispopulated and nspname !~ '^(pg_|_)' and nspname not in ('information_schema',
        'realtime', 'net', 'cron', 'vault', 'supabase_migrations') and relname not in ('schema_migrations', 'migrations')
      order by 1`,
  );
  const parts = tables.map(({ name, kind }) =>
    kind === 'S'
      ? `select '${quoted(name)}' as name, last_value || ' ' || is_called as content from ${String(name)}`
      : `select '${quoted(name)}', md5(coalesce(string_agg(r::text, E'\\n' order by r::text), '')) || count(*) from only ${String(name)} r`,
  );
  const rows = await query(stack, parts.join(' union all '));
  return Object.fromEntries(rows.map(({ name, content }) => [String(name), content]));
}

function quoted(name: unknown): string {
  return String(name).replaceAll("'", "''");
}
