import { join } from 'node:path';
import type { Rebuild, SyncResult } from '../backend/backend.ts';
import { describeSync } from '../backend/describe-sync.ts';
import type { MigrationState } from '../stack/postgres/databases/drift.ts';
import { writeMigration } from '../stack/postgres/migration-files.ts';
import {
  DATA_DIR,
  OUTPUT,
  print,
  printJson,
  rootOf,
  text,
  usageError,
  wantsJson,
  WORKDIR,
  type Command,
} from './command.ts';
import { withStack } from './with-stack.ts';

export const migrationNew: Command = {
  name: 'migration new',
  usage: 'NAME',
  summary: 'creates supabase/migrations/<timestamp>_NAME.sql',
  flags: { workdir: WORKDIR },
  arguments: 1,
  async run(call) {
    const [name = ''] = call.args;
    if (!/^[\w-]+$/.test(name)) throw usageError(`"${name}" cannot be the name of a migration`);
    const { file } = await writeMigration(join(await rootOf(call), 'supabase'), name, '');
    print(`wrote ${file}`);
  },
};

export const migrationList: Command = {
  name: 'migration list',
  usage: '[-o json]',
  summary: 'prints each migration and whether it is applied, new, changed or gone',
  flags: { output: OUTPUT, workdir: WORKDIR, 'data-dir': DATA_DIR },
  arguments: 0,
  run: (call) =>
    withStack(call, async (stack) => {
      const isJson = wantsJson(call);
      const states = (await stack.request('migration list')) as MigrationState[];
      if (isJson) return printJson(states);
      for (const { version, name, state } of states)
        process.stdout.write(`${state.padEnd(8)} ${version}${name && `_${name}`}\n`);
      return undefined;
    }),
};

export const migrationRepair: Command = {
  name: 'migration repair',
  usage: 'VERSION … --status applied|reverted',
  summary: 'changes which migrations count as applied, and how, without running one',
  flags: {
    status: {
      type: 'string',
      value: 'STATUS',
      help: 'applied: recorded as the file is now; reverted: forgotten, so that it is applied again',
    },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 'any',
  async run(call) {
    const status = text(call, 'status');
    if (status !== 'applied' && status !== 'reverted')
      throw usageError(`--status must be applied or reverted, not "${status ?? ''}"`);
    const versions = call.args;
    const wrong = versions.find((version) => !/^\d+$/.test(version));
    if (wrong !== undefined) throw usageError(`"${wrong}" is not the version of a migration`);
    if (versions.length === 0) throw usageError('name the version of at least one migration');
    await withStack(call, async (stack) => {
      await stack.request('migration repair', { versions, status });
      print(`Repaired migration history: ${versions.join(', ')} => ${status}`);
    });
  },
};

export const migrationUp: Command = {
  name: 'migration up',
  usage: '[-o json]',
  summary:
    'brings the database to its files, as saving one does: new ones are applied, for changed ones it is built again',
  flags: { output: OUTPUT, workdir: WORKDIR, 'data-dir': DATA_DIR },
  arguments: 0,
  run: (call) =>
    withStack(call, async (stack) => {
      const isJson = wantsJson(call);
      const result = (await stack.request('sync')) as SyncResult & { rebuilt?: Rebuild };
      if (isJson) return printJson(result);
      const lines = describeSync(result);
      for (const { text } of lines) print(text);
      if (lines.length === 0) print('The database has all migrations.');
      return undefined;
    }),
};
