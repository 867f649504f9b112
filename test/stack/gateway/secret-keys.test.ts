import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { ask, listen, reflect, seenIn, startGateway, type Answer } from '../../helpers/gateway/support.ts';
import { KEYS, sessionCookie, signToken, USER_TOKEN } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

// The keys of a local stack are the same on every machine: any client that reaches the port can know the secret key.

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
const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' };
const FETCH_OF_PAGE = { 'sec-fetch-site': 'same-origin' };
const SECRET = 'sb_secret_test';

/** The forms of a privileged credential. */
const FORMS: [string, Record<string, string>][] = [
  ['a secret key', { apikey: SECRET }],
  ['a secret key as bearer token', { authorization: `Bearer ${SECRET}` }],
  ['a secret key of another project', { apikey: 'sb_secret_other' }],
  ['a service_role JWT', { apikey: KEYS.serviceRoleKey ?? '' }],
  ['a service_role JWT as bearer token', { authorization: `Bearer ${KEYS.serviceRoleKey}` }],
  ['a self-minted service_role JWT', { authorization: `bearer ${signToken({ role: 'service_role' })}` }],
];

/** Makes all requests appear to come from another machine in the network. */
async function startInNetwork(): Promise<string> {
  const gateway = new Gateway({ target, logger: silentLogger });
  const server = createServer((req, res) => {
    Object.defineProperty(req.socket, 'remoteAddress', { value: '192.168.1.77' });
    gateway.handle(req, res);
  });
  server.on('upgrade', (req, socket, head) => {
    Object.defineProperty(req.socket, 'remoteAddress', { value: '192.168.1.77' });
    gateway.handleUpgrade(req, socket, head);
  });
  return (await listen(server)).url;
}

describe('from a browser', () => {
  test.each(FORMS.slice(0, 3))('%s is refused as hosted Supabase refuses it', async (_, headers) => {
    const { url } = await startGateway({ target });
    for (const mark of [BROWSER, FETCH_OF_PAGE]) {
      const answer = await ask(url, '/rest/v1/items', { headers: { ...headers, ...mark } });
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.body)).toMatchObject({
        message: 'Forbidden use of secret API key in browser',
      });
    }
  });

  test('a secret key is refused in a WebSocket’s query too', async () => {
    const { url } = await startGateway({ target });
    const answer = await upgrade(url, `/realtime/v1/websocket?apikey=${SECRET}`, { ...BROWSER, origin: url });
    expect(answer.status).toBe(401);
  });

  test('a service_role JWT is refused from a foreign page, which can know the well-known ones', async () => {
    const { url } = await startGateway({ target });
    const headers = {
      authorization: `Bearer ${KEYS.serviceRoleKey}`,
      origin: 'https://evil.example',
      ...BROWSER,
    };
    expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(401);
  });

  test('a publishable key and a signed-in user are accepted', async () => {
    const { url } = await startGateway({ target });
    const headers = { apikey: 'sb_publishable_test', authorization: `Bearer ${USER_TOKEN}`, ...BROWSER };
    expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(200);
  });
});

describe.each<[string, () => Promise<(headers: Record<string, string>) => Promise<Answer>>]>([
  [
    'from another machine',
    async () => {
      const url = await startInNetwork();
      return (headers) => ask(url, '/rest/v1/items', { headers });
    },
  ],
  [
    'through a tunnel that ends on this machine',
    async () => {
      const { url } = await startGateway({ target, allowedHosts: true });
      return (headers) =>
        ask(url, '/rest/v1/items', {
          headers: { host: 'app.tunnel.example', 'x-forwarded-for': '203.0.113.9', ...headers },
        });
    },
  ],
  [
    'through a tunnel that does not name the client',
    async () => {
      const { url } = await startGateway({ target, allowedHosts: true });
      return (headers) => ask(url, '/rest/v1/items', { headers: { host: 'app.tunnel.example', ...headers } });
    },
  ],
])('%s', (_, connect) => {
  test.each(FORMS)('%s is refused', async (_form, headers) => {
    const send = await connect();
    const answer = await send(headers);
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'SECRET_FROM_NETWORK' });
  });

  test('a publishable key and a signed-in user are accepted', async () => {
    const send = await connect();
    const headers = { apikey: 'sb_publishable_test', authorization: `Bearer ${USER_TOKEN}` };
    expect(seenIn(await send(headers)).headers.authorization).toBe(`Bearer ${USER_TOKEN}`);
  });
});

test('from another machine a WebSocket with a secret key is refused, one with the publishable key is not', async () => {
  const url = await startInNetwork();
  expect((await upgrade(url, `/realtime/v1/websocket?apikey=${SECRET}`)).status).toBe(401);
  expect((await upgrade(url, '/realtime/v1/websocket', { 'x-api-key': SECRET })).status).toBe(401);
  expect((await upgrade(url, '/realtime/v1/websocket?apikey=sb_publishable_test')).status).toBe(101);
});

describe('a program on this machine', () => {
  test.each(FORMS.filter(([name]) => !name.includes('another')))('%s passes', async (_, headers) => {
    const { url } = await startGateway({ target });
    expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(200);
  });

  test('keeps its rights although its request has a session cookie', async () => {
    const { url, port } = await startGateway({ target });
    const host = `localhost:${port}`;
    const cookie = sessionCookie(USER_TOKEN, 'localhost');
    const headers = { host, cookie, origin: `http://${host}`, apikey: SECRET };
    expect(seenIn(await ask(url, '/rest/v1/items', { headers })).headers.authorization).toBe(
      `Bearer ${KEYS.serviceRoleKey}`,
    );
  });
});

describe('with requireKey', () => {
  test('a request without a key is refused as hosted Supabase refuses it', async () => {
    const { url } = await startGateway({ target, requireKey: true });
    const answer = await ask(url, '/rest/v1/items');
    expect({ status: answer.status, body: JSON.parse(answer.body) as unknown }).toEqual({
      status: 401,
      body: {
        message: 'No API key found in request',
        hint: 'No `apikey` request header or url param was found.',
      },
    });
    expect((await ask(url, '/rest/v1/items', { headers: { apikey: 'wrong' } })).status).toBe(401);
    expect((await ask(url, '/rest/v1/items', { headers: { apikey: 'sb_publishable_test' } })).status).toBe(
      200,
    );
    expect((await ask(url, '/rest/v1/items?apikey=sb_publishable_test')).status).toBe(200);
  });
});

test('an apikey that is not of this project is named once in the terminal', async () => {
  const lines: string[] = [];
  const logger = { ...silentLogger, warn: (line: string) => void lines.push(line) };
  const { url } = await startGateway({ target, logger });
  const known = [KEYS.publishableKey, KEYS.anonKey, KEYS.serviceRoleKey, USER_TOKEN, ''];
  for (const apikey of known) await ask(url, '/rest/v1/items', { headers: { apikey: apikey ?? '' } });
  expect(lines).toEqual([]);
  for (const apikey of ['sb_publishable_of-another-project', 'wrong', 'wrong']) {
    expect((await ask(url, '/rest/v1/items', { headers: { apikey } })).status).toBe(200);
  }
  expect(lines).toEqual([expect.stringContaining('"sb_publishable_of-anothe…"')]);
});
