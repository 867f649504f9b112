import type { Snapshot } from '../stack/postgres/databases/snapshots.ts';
import { DATA_DIR, OUTPUT, print, printJson, wantsJson, WORKDIR, type Command } from './command.ts';
import { withStack } from './with-stack.ts';

const FLAGS = { workdir: WORKDIR, 'data-dir': DATA_DIR };

/** A command that does something with the snapshot that its argument names. */
function withName(verb: string, summary: string, done: (name: string) => string): Command {
  return {
    name: `snapshot ${verb}`,
    usage: 'NAME',
    summary,
    flags: FLAGS,
    arguments: 1,
    run: (call) =>
      withStack(call, async (stack) => {
        const [name = ''] = call.args;
        await stack.request(`snapshot ${verb}`, { name });
        print(done(name));
      }),
  };
}

export const snapshotSave: Command = withName(
  'save',
  'keeps the database and the files of Storage under a name',
  (name) => `Saved: ${name}`,
);

export const snapshotRestore: Command = withName(
  'restore',
  'brings both back; the snapshot "previous" has what was before',
  (name) => `Restored: ${name}`,
);

export const snapshotDelete: Command = withName('delete', 'deletes a snapshot', (name) => `Deleted: ${name}`);

export const snapshotList: Command = {
  name: 'snapshot list',
  usage: '[-o json]',
  summary: 'prints name, time and size of each snapshot',
  flags: { output: OUTPUT, ...FLAGS },
  arguments: 0,
  run: (call) =>
    withStack(call, async (stack) => {
      const isJson = wantsJson(call);
      const snapshots = (await stack.request('snapshot list')) as Snapshot[];
      if (isJson) return printJson(snapshots);
      for (const { name, created, size } of snapshots) {
        const time = new Date(created).toISOString().slice(0, 19);
        process.stdout.write(`${name.padEnd(24)} ${time}Z  ${(size / 1e6).toFixed(1)} MB\n`);
      }
      return undefined;
    }),
};
