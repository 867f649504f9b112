import { DATA_DIR, printJson, text, usageError, WORKDIR, type Command } from './command.ts';
import { formatEnv, stackVariables } from './variables.ts';
import { withRunningStack } from './with-stack.ts';

export const status: Command = {
  name: 'status',
  usage: '[-o env|json]',
  summary: 'prints URL and keys of the running stack; ends with 1 when there is none',
  flags: {
    output: { type: 'string', short: 'o', value: 'FORMAT', help: 'env (the default) or json' },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 0,
  run: (call) =>
    withRunningStack(call, async ({ record }) => {
      const format = text(call, 'output') ?? 'env';
      if (format === 'json') printJson(stackVariables(record));
      else if (format === 'env') process.stdout.write(formatEnv(record));
      else throw usageError(`--output must be env or json, not "${format}"`);
    }),
};
