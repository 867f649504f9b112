import { SupabaseDevError } from '../../shared/errors.ts';
import type { StackRequest } from '../../stack/ownership/request.ts';
import { readServerLog } from '../../stack/postgres/server-log.ts';
import type { OpenFork } from './fork-pool.ts';
import type { RunningServices } from './running-services.ts';

type Handler = (running: RunningServices, args: StackRequest['args']) => unknown;

/** What commands and the MCP server ask the process that runs the stack. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  sync: (running) => running.sync(),
  reset: (running, { seed }) => running.reset({ seed: seed !== false }),
  'migration list': (running) => running.listMigrations(),
  'migration repair': (running, { versions, status }) =>
    running.repairMigrations([versions].flat().map(String), status === 'applied' ? 'applied' : 'reverted'),
  'seed buckets': (running) => running.seedBuckets(),
  logs: (running, { after, follow }) =>
    running.log.read(typeof after === 'number' ? after : undefined, follow === true),
  'snapshot save': (running, { name }) => running.saveSnapshot(String(name)),
  'snapshot restore': (running, { name }) => running.restoreSnapshot(String(name)),
  'snapshot list': (running) => running.listSnapshots(),
  'snapshot delete': (running, { name }) => running.deleteSnapshot(String(name)),
  restore: (running, { files }) => running.restoreDumps(Array.isArray(files) ? files.map(String) : []),
  'db diff': (running, { name }) => running.diff(typeof name === 'string' ? name : undefined),
  fork: openFork,
  'fork reset': (running, { id }) => running.resetFork(String(id)),
  'fork stop': (running, { id }) => running.closeFork(String(id)),
  why: ({ observations }, args) => observations.ask('why', args),
  journal: ({ observations }, args) => observations.ask('journal', args),
  watch: ({ observations }, args) => observations.ask('watch', args),
  'postgres log': ({ dataDir }) => readServerLog(dataDir),
  drift: (running) => running.findDrift(),
  'config notices': ({ notices }) => notices(),
  stop: endProcess,
};

async function openFork(running: RunningServices): Promise<Pick<OpenFork, 'id' | 'url' | 'dbUrl'>> {
  const { id, url, dbUrl } = await running.fork();
  return { id, url, dbUrl };
}

/** @throws SupabaseDevError USAGE for a command of another version of this package */
export async function handleRequest(
  running: RunningServices,
  { command, args }: StackRequest,
): Promise<unknown> {
  const handler = Object.hasOwn(HANDLERS, command) ? HANDLERS[command] : undefined;
  if (handler) return handler(running, args);
  throw new SupabaseDevError('USAGE', `The process that runs the stack does not know "${command}"`, {
    hint: 'It runs another version of vite-plugin-supabase: restart it.',
  });
}

/** As a signal does, also on Windows, where a signal of another process would end it at once. */
function endProcess(): void {
  setImmediate(() => {
    if (!process.emit('SIGTERM', 'SIGTERM')) process.kill(process.pid, 'SIGTERM');
  });
}
