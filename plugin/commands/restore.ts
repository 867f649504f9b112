import { resolve } from 'node:path';
import type { RestoredDumps } from '../stack/postgres/restore/build-from-dumps.ts';
import { DATA_DIR, print, usageError, WORKDIR, type Command } from './command.ts';
import { withStack } from './with-stack.ts';

export const restore: Command = {
  name: 'restore',
  usage: 'FILE … [--verbose]',
  summary:
    'builds the database from dumps (SQL, also .gz), such as those of a hosted project; the snapshot "previous" has what was before',
  flags: {
    verbose: { type: 'boolean', help: 'print the statements that were left out' },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 'any',
  async run(call) {
    if (call.args.length === 0) throw usageError('restore needs the name of a file');
    const files = call.args.map((file) => resolve(file));
    await withStack(call, async (stack) => {
      const start = performance.now();
      const result = (await stack.request('restore', { files })) as RestoredDumps;
      for (const line of describe(result, call.flags.verbose === true)) print(line);
      print(`The database is restored (${Math.round(performance.now() - start)} ms).`);
    });
  },
};

function describe(result: RestoredDumps, isVerbose: boolean): string[] {
  const { leftOut, extensions, tables, columns, recorded, applied, differs } = result;
  const lines: string[] = [];
  const list = (names: readonly string[], text: string): void => {
    if (names.length > 0) lines.push(`${text}: ${names.join(', ')}`);
  };
  if (leftOut.length > 0)
    lines.push(
      `${leftOut.length} statements about Supabase's own objects were left out (--verbose prints them)`,
    );
  if (isVerbose) lines.push(...leftOut);
  list(extensions, 'Extensions that this PostgreSQL does not have');
  list(tables, "Tables of Supabase's own whose rows were left out");
  list(columns, 'Columns that another version of Supabase has, left out');
  list(recorded, 'Migrations whose result the dump has, recorded as applied');
  list(applied, 'Migrations applied after the dump');
  if (differs)
    lines.push('The schema of the dump is not that of the migrations: `db diff` prints the difference');
  return lines;
}
