import { createServer, request, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { linkIn, startAuth, waitForMail, type TestStack } from './start-auth.ts';

// A neighbour asks for a mail to somebody else through the gateway, and names in it where the link should lead.

const ownAddress = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

let stack: TestStack;
let server: Server;
let port: number;
const counter = { next: 0 };

beforeAll(async () => {
  stack = await startAuth(`
    [auth.email]
    max_frequency = "1ms"
    [auth.external.github]
    enabled = true`);
  const upstreams = Object.fromEntries(
    Object.entries(stack.services).map(([name, service]) => [
      name,
      { kind: 'handler' as const, handle: service.handle.bind(service) },
    ]),
  );
  const target: GatewayTarget = { keys: { ...stack.keys, jwks: [] }, upstreams };
  // `true` is what people set who do not want to think about hosts: every name is answered for, and none is ours.
  const gateway = new Gateway({ target, logger: silentLogger, allowedHosts: true });
  server = createServer((req, res) => {
    if (!gateway.handle(req, res)) res.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await stack.stop();
});

interface Asked {
  readonly to: string;
  readonly path: string;
  readonly method?: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

function ask({ to, path, method = 'POST', headers, body }: Asked) {
  return new Promise<{ status: number; location: string; text: string }>((resolve, reject) => {
    const sent = { apikey: stack.keys.publishableKey, ...headers };
    const req = request({ host: to, port, path, method, headers: sent }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => (text += chunk));
      res.on('end', () =>
        resolve({ status: res.statusCode ?? 0, location: res.headers.location ?? '', text }),
      );
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** The origins of the link in a mail and of the page that it returns to. */
async function origins(to: string, headers: Record<string, string>, query = ''): Promise<string[]> {
  const email = `victim${counter.next++}@example.com`;
  const body = JSON.stringify({ email, password: 'correct-horse' });
  await fetch(`${stack.url}/auth/v1/signup`, { method: 'POST', body });
  await ask({ to, path: `/auth/v1/recover${query}`, headers, body: JSON.stringify({ email }) });
  const link = linkIn(await waitForMail(stack, email));
  return [link.origin, new URL(link.searchParams.get('redirect_to') ?? '').origin];
}

const FOREIGN: Record<string, string>[] = [
  { host: '6.6.6.6' },
  { host: 'evil.example' },
  { host: 'x.localhost:1' },
  { host: '127.0.0.1:1' },
  { host: '169.254.169.254' },
  { host: '6.6.6.6', 'x-forwarded-host': '6.6.6.6', 'x-forwarded-proto': 'https' },
  { host: '6.6.6.6', origin: 'http://6.6.6.6', referer: 'http://6.6.6.6/x' },
  { host: '6.6.6.6', redirect_to: 'http://6.6.6.6/x' },
];

test.skipIf(ownAddress === undefined).for(FOREIGN)(
  'the link does not follow %j of another machine',
  async (headers) => {
    const found = await origins(ownAddress ?? '', headers, '?redirect_to=http://6.6.6.6/');
    expect(found).toEqual([`http://localhost:${port}`, `http://localhost:${port}`]);
  },
);

test.skipIf(ownAddress === undefined)(
  'the link follows this machine’s own address, and its own name',
  async () => {
    const own = `${ownAddress}:${port}`;
    expect(await origins(ownAddress ?? '', { host: own })).toEqual([`http://${own}`, `http://${own}`]);
    const local = `localhost:${port}`;
    expect(await origins('127.0.0.1', { host: local })).toEqual([`http://${local}`, `http://${local}`]);
    // X-Forwarded-Host alone, as of no proxy, changes nothing.
    const forwarded = { host: local, 'x-forwarded-host': 'evil.example' };
    expect(await origins('127.0.0.1', forwarded)).toEqual([`http://${local}`, `http://${local}`]);
  },
);

test.skipIf(ownAddress === undefined)('the consent page is refused to another machine', async () => {
  const host = `${ownAddress}:${port}`;
  const started = await ask({
    to: ownAddress ?? '',
    path: '/auth/v1/authorize?provider=github',
    method: 'GET',
    headers: { host },
  });
  const page = new URL(started.location);
  for (const path of [
    page.pathname,
    '/auth/v1//dev/consent',
    '/auth/v1/%64ev/consent',
    '/auth/v1/dev%2fconsent',
  ]) {
    const shown = await ask({
      to: ownAddress ?? '',
      path: `${path}${page.search}`,
      method: 'GET',
      headers: { host },
    });
    expect([403, 404]).toContain(shown.status);
    const body = `${page.search.slice(1)}&email=victim@example.com`;
    const posted = await ask({ to: ownAddress ?? '', path, headers: { host }, body });
    expect([403, 404]).toContain(posted.status);
  }
  const local = await ask({
    to: '127.0.0.1',
    path: `${page.pathname}${page.search}`,
    method: 'GET',
    headers: { host: `localhost:${port}` },
  });
  // The address of the callback belongs to the origin that asked.
  expect(local.status).toBe(400);
  const own = await ask({
    to: '127.0.0.1',
    path: '/auth/v1/authorize?provider=github',
    method: 'GET',
    headers: { host: `localhost:${port}` },
  });
  const ownPage = new URL(own.location);
  const shown = await ask({
    to: '127.0.0.1',
    path: `${ownPage.pathname}${ownPage.search}`,
    method: 'GET',
    headers: { host: ownPage.host },
  });
  expect(shown.status).toBe(200);
});
