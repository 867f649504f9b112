import { createSecureServer, connect as connectHttp2 } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { CERTIFICATE } from '../../helpers/certificate.ts';
import { ask, defer, reflect, seenIn, startGateway } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

// If a name of an attacker resolves to 127.0.0.1, the attacker's page has the same origin as the dev server.

const target: GatewayTarget = {
  keys: KEYS,
  upstreams: {
    rest: { kind: 'handler', handle: reflect },
    realtime: {
      kind: 'handler',
      handle: reflect,
      upgrade: (_req, socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    },
  },
};
const SOCKET = '/realtime/v1/websocket?apikey=sb_publishable_test';

describe.each([
  'evil.example',
  'evil.example:3002',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil.example, localhost',
])('Host: "%s"', (host) => {
  test('is refused over HTTP', async () => {
    const { url } = await startGateway({ target });
    const answer = await ask(url, '/rest/v1/items', { headers: { host } });
    expect(answer.status).toBe(403);
  });

  test('is refused for WebSockets, also from its own origin', async () => {
    const { url } = await startGateway({ target });
    const answer = await upgrade(url, SOCKET, { host, origin: `http://${host}` });
    expect(answer.status).toBe(403);
  });
});

describe.each([
  'localhost:3002',
  'LOCALHOST',
  'app.localhost',
  '127.0.0.1:3002',
  '[::1]:3002',
  '192.168.1.20',
  'dev.example',
  'a.dev.example',
])('Host: "%s", which the server answers for', (host) => {
  test('is served on both transports', async () => {
    const allowedHosts = ['.dev.example'];
    const { url } = await startGateway({ target, allowedHosts });
    expect((await ask(url, '/rest/v1/items', { headers: { host } })).status).toBe(200);
    expect((await upgrade(url, SOCKET, { host, origin: `http://${host}` })).status).toBe(101);
  });
});

test('over HTTP/2 the :authority is checked, and the service receives it as Host', async () => {
  const gateway = new Gateway({ target, logger: silentLogger });
  const server = createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (req, res) => {
    gateway.handle(req, res);
  });
  const listening = defer<void>();
  server.listen(0, '127.0.0.1', () => listening.resolve());
  await listening.promise;
  const { port } = server.address() as { port: number };
  onTestEnd(() => server.close());

  const request = async (authority: string): Promise<{ status: number; body: string }> => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    onTestEnd(() => session.destroy());
    const { promise, resolve, reject } = defer<{ status: number; body: string }>();
    const stream = session.request({
      ':path': '/rest/v1/items',
      ':authority': authority,
      apikey: 'sb_publishable_test',
    });
    let status = 0;
    let body = '';
    stream.on('response', (headers) => (status = headers[':status'] ?? 0));
    stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    stream.on('end', () => resolve({ status, body }));
    stream.on('error', reject);
    return promise;
  };
  expect((await request('evil.example')).status).toBe(403);
  const served = await request(`localhost:${port}`);
  expect(served.status).toBe(200);
  const seen = seenIn({ body: served.body, status: 0, headers: {}, rawHeaders: [], trailers: {} });
  expect(seen.headers).toMatchObject({
    host: `localhost:${port}`,
    authorization: `Bearer ${KEYS.anonKey}`,
    'x-forwarded-proto': 'https',
    'x-forwarded-host': `localhost:${port}`,
  });
  expect(Object.keys(seen.headers).filter((name) => name.startsWith(':'))).toEqual([]);
});
