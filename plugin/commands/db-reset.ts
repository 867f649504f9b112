import { DATA_DIR, print, WORKDIR, type Command } from './command.ts';
import { withStack } from './with-stack.ts';

export const dbReset: Command = {
  name: 'db reset',
  usage: '[--no-seed]',
  summary:
    'deletes all data and builds the database from migrations and seed; the snapshot "previous" has what was before',
  flags: {
    'no-seed': { type: 'boolean', help: 'leave the seed out' },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 0,
  run: (call) =>
    withStack(call, async (stack) => {
      const start = performance.now();
      await stack.request('reset', { seed: call.flags['no-seed'] !== true });
      print(`The database is reset (${Math.round(performance.now() - start)} ms).`);
    }),
};
