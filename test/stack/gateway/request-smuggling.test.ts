import { connect } from 'node:net';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import {
  defer,
  listen,
  reflect,
  seenIn,
  startGateway,
  ask,
  type Seen,
} from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { KEYS, sessionCookie, USER_TOKEN } from '../../helpers/gateway/tokens.ts';

// One request for us must be one request for the upstream, with the headers that we set.

async function setUp(): Promise<{ url: string; port: number; requests: Seen[] }> {
  const requests: Seen[] = [];
  const upstream = createServer((req, res) => {
    requests.push({
      method: req.method ?? '',
      url: req.url ?? '',
      headers: req.headers,
      rawHeaders: req.rawHeaders,
      body: '',
    });
    reflect(req, res);
  });
  const { url } = await listen(upstream);
  const target: GatewayTarget = {
    keys: KEYS,
    upstreams: { rest: { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' } },
  };
  return { ...(await startGateway({ target })), requests };
}

/** Sends raw bytes and returns everything that the server sends until it closes. */
function sendRaw(port: number, text: string): Promise<string> {
  const { promise, resolve } = defer<string>();
  const socket = connect(port, '127.0.0.1', () => socket.end(text, 'latin1'));
  onTestEnd(() => socket.destroy());
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
  socket.on('error', () => resolve(received));
  socket.on('close', () => resolve(received));
  return promise;
}

const SMUGGLED = 'GET /pg/query HTTP/1.1\r\nHost: x\r\n\r\n';

describe('two requests in one', () => {
  test.each([
    [
      'Content-Length and Transfer-Encoding',
      `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['two lengths', `Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`],
    ['an odd Transfer-Encoding', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    ['a folded header', `X-A: b\r\n Content-Length: 10\r\n\r\n${SMUGGLED}`],
    ['a bare line feed', `X-A: b\nContent-Length: 0\r\n\r\n${SMUGGLED}`],
    [
      'a length hidden by a Connection header',
      `Connection: content-length\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    ],
  ])('%s does not reach an upstream as two', async (_, rest) => {
    const { port, requests } = await setUp();
    await sendRaw(port, `POST /rest/v1/items HTTP/1.1\r\nHost: localhost:${port}\r\n${rest}`);
    expect(requests.map(({ url }) => url).filter((url) => url !== '/rest/v1/items')).toEqual([]);
  });
});

describe('a request target with forbidden bytes', () => {
  test.each([
    '/rest/v1/a b',
    '/rest/v1/a\tb',
    '/rest/v1/a\u0080',
    '/rest/v1/a?x=\u00e9',
    '/rest/v1/a#b',
    '/rest/v1/a\u0000',
  ])('%j is refused', async (path) => {
    const { port, requests } = await setUp();
    const answer = await sendRaw(
      port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect(requests).toEqual([]);
  });

  test('percent-encoded, they are forwarded unchanged', async () => {
    const { url, requests } = await setUp();
    await ask(url, '/rest/v1/a%20b?x=%C3%A9%0D%0AX-Injected:%20yes');
    expect(requests[0]?.url).toBe('/rest/v1/a%20b?x=%C3%A9%0D%0AX-Injected:%20yes');
    expect(requests[0]?.headers['x-injected']).toBeUndefined();
  });
});

describe('a session cookie whose token is not a JWT', () => {
  const encode = (token: string): string =>
    `sb-localhost-auth-token=base64-${Buffer.from(JSON.stringify({ access_token: token })).toString('base64url')}`;

  test.each([
    'a.b.c\r\nX-Injected: yes',
    'a.b.c\nX-Injected: yes',
    'a.b.c d',
    '\u0000.b.c',
    'Bearer x',
    '',
    'é.b.c',
  ])('%j becomes no header', async (token) => {
    const { url, port } = await setUp();
    const host = `localhost:${port}`;
    const headers = { host, origin: `http://${host}`, cookie: encode(token) };
    const seen = seenIn(await ask(url, '/rest/v1/items', { headers }));
    expect(seen.headers['x-injected']).toBeUndefined();
    expect(seen.headers.authorization).toBeUndefined();
  });

  test('no malformed cookie ends the server', async () => {
    const { url, port } = await setUp();
    const host = `localhost:${port}`;
    const broken = [
      'sb-localhost-auth-token=base64-%%%',
      'sb-localhost-auth-token=%E0%A4%A',
      'sb-localhost-auth-token={"access_token":1}',
      'sb-localhost-auth-token=null',
      'sb-localhost-auth-token.999999999=x; sb-localhost-auth-token.0=y',
      'sb-localhost-auth-token.0=base64-; =; ;;',
      'sb--auth-token=[]',
    ];
    for (const cookie of broken) {
      const headers = { host, origin: `http://${host}`, cookie };
      expect((await ask(url, '/rest/v1/items', { headers })).status).toBe(200);
    }
    const headers = { host, origin: `http://${host}`, cookie: sessionCookie(USER_TOKEN, 'localhost') };
    expect(seenIn(await ask(url, '/rest/v1/items', { headers })).headers.authorization).toBe(
      `Bearer ${USER_TOKEN}`,
    );
  });
});

test('connection headers, and the client’s claims about itself, are not forwarded', async () => {
  const { url, port } = await setUp();
  const headers = {
    connection: 'keep-alive, x-secret, authorization',
    'x-secret': '1',
    'keep-alive': 'timeout=1',
    te: 'trailers',
    'proxy-authorization': 'Basic x',
    'x-forwarded-for': '10.0.0.1',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-prefix': '/evil',
    forwarded: 'host=evil.example',
    'x-real-ip': '10.0.0.1',
    apikey: 'sb_publishable_test',
    authorization: `Bearer ${USER_TOKEN}`,
    'x-client-info': 'supabase-js',
  };
  const seen = seenIn(await ask(url, '/rest/v1/items', { headers }));
  expect(seen.headers).toMatchObject({
    host: `127.0.0.1:${port}`,
    authorization: `Bearer ${USER_TOKEN}`,
    'x-client-info': 'supabase-js',
    'x-forwarded-host': `127.0.0.1:${port}`,
    'x-forwarded-prefix': '/rest/v1',
  });
  for (const name of ['x-secret', 'keep-alive', 'te', 'proxy-authorization', 'forwarded', 'x-real-ip']) {
    expect(seen.headers[name]).toBeUndefined();
  }
});
