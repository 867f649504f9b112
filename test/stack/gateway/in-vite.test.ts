import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type InlineConfig, type Plugin } from 'vite';
import { expect, test } from 'vitest';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { insertGatewayMiddleware } from '../../../plugin/vite/middleware-order.ts';
import { ask } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';

// Vite's own checks are skipped for our paths, so the gateway's must be at least as strict.

const target: GatewayTarget = {
  keys: KEYS,
  upstreams: { rest: { kind: 'handler', handle: (_, res) => void res.end('rest') } },
};

async function startVite(
  server: InlineConfig['server'] = {},
  others: Plugin[] = [],
): Promise<{ url: string; first: string }> {
  const plugin: Plugin = {
    name: 'gateway',
    configureServer({ middlewares, config }) {
      const { allowedHosts } = config.server;
      const gateway = new Gateway({ target, logger: silentLogger, allowedHosts });
      onTestEnd(() => gateway.close());
      insertGatewayMiddleware(middlewares, config.server.cors, function supabaseGateway(req, res, next) {
        if (!gateway.handle(req, res)) next();
      });
    },
  };
  const vite = await createServer({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'silent',
    appType: 'custom',
    optimizeDeps: { noDiscovery: true },
    plugins: [...others, plugin],
    server: { host: '127.0.0.1', port: 0, watch: null, ...server },
  });
  onTestEnd(() => vite.close());
  await vite.listen();
  const { port } = (vite.httpServer as Server).address() as AddressInfo;
  const [item] = vite.middlewares.stack;
  return {
    url: `http://127.0.0.1:${port}`,
    first: typeof item?.handle === 'function' ? item.handle.name : '',
  };
}

const preflight = (origin: string): object => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': 'POST' },
});

test('the gateway precedes Vite’s checks and makes them itself', async () => {
  const { url, first } = await startVite({ allowedHosts: ['dev.example'] });
  expect(first).toBe('supabaseGateway');
  expect(await ask(url, '/rest/v1/items')).toMatchObject({ status: 200, body: 'rest' });
  expect((await ask(url, '/rest/v1/items', { headers: { host: 'dev.example' } })).status).toBe(200);
  expect((await ask(url, '/rest/v1/items', { headers: { host: 'evil.example' } })).status).toBe(403);
  expect((await ask(url, '/rest/v1/items#x')).status).toBe(400);
  const granted = await ask(url, '/rest/v1/items', preflight('http://localhost:1'));
  expect(granted.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': expect.stringContaining('POST') as string,
  });
  const refused = await ask(url, '/rest/v1/items', preflight('https://evil.example'));
  expect(refused.headers['access-control-allow-origin']).toBeUndefined();
});

test('Vite’s own paths keep its checks', async () => {
  const { url } = await startVite();
  expect((await ask(url, '/x.js', { headers: { host: 'evil.example' } })).status).toBe(403);
  const answer = await ask(url, '/x.js', preflight('http://localhost:1'));
  expect(answer.headers['access-control-allow-origin']).toBe('http://localhost:1');
});

test('origins that server.cors allows may use the API too', async () => {
  const origin = 'https://my.example';
  const { url } = await startVite({ cors: { origin } });
  for (const request of [preflight(origin), { headers: { origin } }]) {
    const answer = await ask(url, '/rest/v1/items', request);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
  }
});

test('the middleware of an earlier plugin, such as a password check, still comes first', async () => {
  const guard: Plugin = {
    name: 'guard',
    configureServer({ middlewares }) {
      middlewares.use((req, res, next) => {
        if (req.headers['x-password'] === 'x') next();
        else res.writeHead(401).end();
      });
    },
  };
  const { url } = await startVite({}, [guard]);
  expect((await ask(url, '/rest/v1/items')).status).toBe(401);
  const headers = { 'x-password': 'x' };
  expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(200);
});
