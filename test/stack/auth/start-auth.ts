import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
import { silentLogger, type Logger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { startServices, type Services } from '../../../plugin/stack/services.ts';
import { NO_API } from '../../helpers/api.ts';

/** The services behind a plain HTTP server that strips the prefixes, without the gateway. */
export interface TestStack extends Services {
  /** Origin of the server, such as `http://127.0.0.1:12345`. */
  readonly url: string;
}

/** Starts an ephemeral stack with this `supabase/config.toml` and these other files of `supabase/`. */
export async function startAuth(
  configToml = '',
  options: { files?: Readonly<Record<string, string>>; logger?: Logger } = {},
): Promise<TestStack> {
  const root = await mkdtemp(join(tmpdir(), 'auth-test-'));
  await mkdir(join(root, 'supabase'), { recursive: true });
  await writeFile(join(root, 'supabase', 'config.toml'), configToml);
  for (const [name, content] of Object.entries(options.files ?? {})) {
    const file = join(root, 'supabase', name);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }
  const services = await startServices({
    config: await loadConfig(root),
    dataDir: join(root, '.supabase'),
    dbPort: { exact: 0 },
    ephemeral: true,
    binDir: undefined,
    apiUrl: NO_API.apiUrl,
    logger: options.logger ?? silentLogger,
  });
  const server = await listen(services);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...services,
    url,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await services.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const PREFIXES = [
  ['/auth/v1', 'auth'],
  ['/__supabase/mail', 'mail'],
] as const;

async function listen({ services }: Services): Promise<Server> {
  const server = createServer((req, res) => {
    const found = PREFIXES.find(([prefix]) => req.url?.startsWith(prefix));
    const service = found && (services as Record<string, (typeof services)['auth']>)[found[1]];
    if (!found || !service) {
      res.writeHead(404).end();
      return;
    }
    req.url = req.url?.slice(found[0].length) || '/';
    // As the gateway, which ignores what the client says here.
    req.headers['x-forwarded-host'] = req.headers.host ?? '';
    req.headers['x-forwarded-proto'] = 'http';
    service.handle(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** supabase-js as in a new browser tab: its session is in memory. */
export function createTestClient(
  stack: TestStack,
  auth: object = {},
  key = stack.keys.anonKey,
): SupabaseClient {
  return createClient(stack.url, key, {
    auth: { persistSession: false, autoRefreshToken: false, ...auth },
    realtime: { transport: WebSocket as never },
  });
}

/** A mail in the form of Mailpit's API. */
export interface TestMail {
  readonly ID: string;
  readonly Subject: string;
  readonly HTML: string;
  readonly Text: string;
}

/** Waits for a mail to this address. @returns the newest one */
export async function waitForMail(stack: TestStack, to: string, after = ''): Promise<TestMail> {
  const query = new URLSearchParams({ to, timeout: '5000', ...(after === '' ? {} : { after }) });
  const response = await fetch(`${stack.url}/__supabase/mail/api/v1/wait?${query.toString()}`);
  if (!response.ok) throw new Error(`no mail to ${to}: ${await response.text()}`);
  return (await response.json()) as TestMail;
}

/** The first link in a mail. */
export function linkIn(mail: TestMail): URL {
  const href = /href="([^"]+)"/.exec(mail.HTML)?.[1] ?? '';
  return new URL(href.replaceAll('&amp;', '&'));
}
