import { createServer, type Server } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { openServedStack } from '../../../plugin/backend/embedded/served-stack.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import { addUpgradeListener } from '../../../plugin/gateway/listen.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { makeEphemeralDataDir } from '../../../plugin/stack/postgres/ephemeral.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { makeProject } from '../../helpers/project.ts';

/** How many attempts each fuzzer makes: FUZZ_RUNS=100000 for a long run. FUZZ_SEED repeats one. */
export const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 400);
export const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 1);
/** A second for ten runs, and a minute. */
export const FUZZ_TIMEOUT_MS = 60_000 + FUZZ_RUNS * 100;

const MIGRATION = `
create table public.items (id int primary key, name text, info jsonb);
alter publication supabase_realtime add table public.items;
create policy r on realtime.messages for select to anon using (realtime.topic() <> 'forbidden');
create policy w on realtime.messages for insert to anon with check (realtime.topic() <> 'forbidden');
insert into storage.buckets (id, name, public) values ('public', 'public', true);
`;

/** The whole gateway and stack, over HTTP/1.1 and over HTTP/2, as a dev server has them. */
export interface FuzzServer extends AsyncDisposable {
  /** Port of HTTP/1.1 on 127.0.0.1. */
  readonly port: number;
  /** Port of HTTP/2 with TLS (and HTTP/1.1 by negotiation). */
  readonly securePort: number;
  readonly apikey: string;
  /** Errors that nothing caught, and what the gateway or the stack logged as an error. */
  readonly uncaught: readonly unknown[];
  readonly logged: readonly string[];
  /** Fails unless every service answers an honest request. */
  check(): Promise<void>;
}

export async function startFuzzServer(): Promise<FuzzServer> {
  const uncaught: unknown[] = [];
  const logged: string[] = [];
  const onUncaught = (error: unknown): void => void uncaught.push(error);
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  const project = await makeProject({ 'supabase/migrations/1_items.sql': MIGRATION });
  const logger = { info: () => {}, warn: () => {}, error: (message: string) => void logged.push(message) };
  const stack = await openServedStack({
    config: await loadConfig(project.root),
    dataDir: await makeEphemeralDataDir(),
    ephemeral: true,
    port: { exact: 0 },
    dbPort: { exact: 0 },
    logger,
  });
  if (stack.kind !== 'stack') throw new Error('another process owns the data directory');
  const gateway = new Gateway({ target: () => stack.target(), logger });
  const answer = (req: never, res: never): void => {
    if (!gateway.handle(req, res)) (res as { end(text: string): void }).end('vite');
  };
  const plain = createServer((req, res) => answer(req as never, res as never));
  const secure = createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (req, res) =>
    answer(req as never, res as never),
  );
  const sockets = new Set<Socket>();
  for (const server of [plain, secure as unknown as Server]) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    addUpgradeListener(server, gateway);
    server.on('upgrade', (req, socket) => {
      if (!req.url?.startsWith('/realtime/v1')) socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }
  const port = (plain.address() as AddressInfo).port;
  const apikey = LOCAL_KEYS.publishableKey;
  return {
    port,
    securePort: (secure.address() as AddressInfo).port,
    apikey,
    uncaught,
    logged,
    async check() {
      const paths = ['/rest/v1/items', '/auth/v1/settings', '/storage/v1/bucket', '/realtime/v1/api/ping'];
      for (const path of paths) {
        const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { apikey } });
        if (status !== 200) throw new Error(`${path} answers ${status}`);
      }
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      const servers = [plain, secure as unknown as Server];
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      // As Vite does: HTTP/2 has no `closeAllConnections`.
      for (const socket of sockets) socket.destroy();
      // The servers wait for their sockets, and those of Realtime end with the service.
      await Promise.all([...closed, stack.stop()]);
      await project.remove();
      process.off('uncaughtException', onUncaught);
      process.off('unhandledRejection', onUncaught);
    },
  };
}

/** Makes `FUZZ_RUNS` attempts, some at a time, and checks every service now and then. */
export async function fuzz(server: FuzzServer, attempt: (run: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < FUZZ_RUNS) {
      const run = next++;
      await attempt(run);
      if (run % 1000 === 999) await server.check();
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await server.check();
}
