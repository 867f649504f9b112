import { DATA_DIR, print, WORKDIR, type Command } from './command.ts';
import { withRunningStack } from './with-stack.ts';

export const stop: Command = {
  name: 'stop',
  usage: '',
  summary: 'ends the process that runs the stack of the project, as Ctrl-C does; the data stays',
  flags: { workdir: WORKDIR, 'data-dir': DATA_DIR },
  arguments: 0,
  run: (call) =>
    withRunningStack(call, async (stack) => {
      await stack.request('stop');
      await stack.ended;
      print(`The stack has stopped (process ${stack.record.pid}).`);
    }),
};
