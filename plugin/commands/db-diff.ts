import type { LiveDiff } from '../stack/postgres/diff/diff-live.ts';
import { DATA_DIR, print, text, WORKDIR, type Command } from './command.ts';
import { withStack } from './with-stack.ts';

export const dbDiff: Command = {
  name: 'db diff',
  usage: '[-f NAME]',
  summary: 'prints, as SQL, what was changed in the database without a migration',
  flags: {
    file: {
      type: 'string',
      short: 'f',
      value: 'NAME',
      help: 'write it as the migration NAME, which counts as applied',
    },
    'use-pg-delta': { type: 'boolean', help: 'compare by pg-delta, which is the only way here' },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 0,
  run: (call) =>
    withStack(call, async (stack) => {
      const { scripts, warnings, files } = (await stack.request('db diff', {
        name: text(call, 'file'),
      })) as LiveDiff;
      for (const warning of warnings) print(`Warning: ${warning}`);
      for (const file of files) print(`wrote ${file}`);
      if (scripts.length === 0) print('No schema changes found');
      else if (files.length === 0) process.stdout.write(scripts.join('\n'));
    }),
};
