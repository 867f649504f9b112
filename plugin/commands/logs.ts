import { join } from 'node:path';
import type { LogLine, LogPage } from '../backend/embedded/stack-log.ts';
import { FileWatch } from '../shared/watch-files.ts';
import {
  DATA_DIR,
  OUTPUT,
  rootOf,
  text,
  usageError,
  wantsJson,
  WORKDIR,
  type Call,
  type Command,
} from './command.ts';
import { LogTail } from './log-tail.ts';
import { dataDirOf, withRunningStack, type ReachedStack } from './with-stack.ts';

const SERVICES = ['postgres', 'functions', 'requests', 'stack'];
/** Lines of PostgreSQL's log at the beginning. */
const SHOWN = 50;

export const logs: Command = {
  name: 'logs',
  usage: '[-f] [--service NAME] [-o json]',
  summary:
    'prints what the running stack has reported; with -f also each request from now on, and why it fails',
  flags: {
    follow: { type: 'boolean', short: 'f', help: 'go on until Ctrl-C' },
    service: { type: 'string', value: 'NAME', help: `only one of ${SERVICES.join(', ')}` },
    output: { ...OUTPUT, help: 'print a line of JSON for each line' },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 0,
  async run(call) {
    const print = printerOf(call);
    const file = join(await dataDirOf(call, await rootOf(call)), 'postgres.log');
    const follow = call.flags.follow === true;
    await withRunningStack(call, async (stack) => {
      const tail = new LogTail(file);
      const ofPostgres = (lines: readonly string[]): void => {
        for (const line of lines) print({ at: undefined, service: 'postgres', level: 'info', text: line });
      };
      ofPostgres((await tail.read()).slice(-SHOWN));
      if (follow) await followAll(stack, tail, file, ofPostgres, print);
      else for (const line of (await readPage(stack, undefined, false)).lines) print(line);
    });
  },
};

/** Prints what comes until the stack ends. */
async function followAll(
  stack: ReachedStack & { readonly ended: Promise<void> },
  tail: LogTail,
  file: string,
  ofPostgres: (lines: readonly string[]) => void,
  print: Printer,
): Promise<void> {
  // One read after the other, each of what came since the last one.
  let reading = Promise.resolve();
  const watch = new FileWatch(() => {
    reading = reading.then(async () => ofPostgres(await tail.read()));
  });
  watch.add([file]);
  const ended = stack.ended.then(() => undefined);
  for (let next: number | undefined; ;) {
    const page = await Promise.race([ended, readPage(stack, next, true)]);
    if (!page) break;
    for (const line of page.lines) print(line);
    next = page.next;
  }
  watch.close();
  await reading;
}

async function readPage(stack: ReachedStack, after: number | undefined, follow: boolean): Promise<LogPage> {
  return (await stack.request('logs', { after, follow })) as LogPage;
}

type Line = Omit<LogLine, 'at' | 'service'> & { readonly at: number | undefined; readonly service: string };
type Printer = (line: Line) => void;

/** PostgreSQL's lines have their time in them. @throws SupabaseDevError USAGE */
function printerOf(call: Call): Printer {
  const isJson = wantsJson(call);
  const wanted = text(call, 'service');
  if (wanted !== undefined && !SERVICES.includes(wanted))
    throw usageError(`--service must be one of ${SERVICES.join(', ')}, not "${wanted}"`);
  return (line) => {
    if (wanted !== undefined && line.service !== wanted) return;
    const time = line.at === undefined ? '' : `${new Date(line.at).toISOString()} `;
    process.stdout.write(isJson ? `${JSON.stringify(line)}\n` : `${line.service}  ${time}${line.text}\n`);
  };
}
