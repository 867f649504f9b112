import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { addUpgradeListener } from '../../../plugin/gateway/listen.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { ask, reflect, seenIn } from '../../helpers/gateway/support.ts';
import { JWT_SECRET, KEYS, sessionCookie, signToken, USER_TOKEN } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';

// A machine of the network knows every key of a local stack. It asks from this machine's own address, which counts as
// another machine. Roles are allowed by a list, in whatever form a credential comes.

const target: GatewayTarget = {
  keys: KEYS,
  upstreams: {
    rest: { kind: 'handler', handle: reflect },
    auth: { kind: 'handler', handle: reflect },
    storage: { kind: 'handler', handle: reflect },
    mail: { kind: 'handler', handle: reflect },
    realtime: {
      kind: 'handler',
      handle: reflect,
      upgrade: (req, socket) =>
        socket.end(
          `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nx-roles: ${String(req.headers['x-supabase-allowed-roles'])}\r\n\r\n`,
        ),
    },
  },
};
const SERVICE = KEYS.serviceRoleKey ?? '';
const address = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

async function startOnNetwork(): Promise<{ neighbour: string; local: string; port: number }> {
  const gateway = new Gateway({ target, logger: silentLogger });
  const server = createServer((req, res) => void gateway.handle(req, res));
  addUpgradeListener(server, gateway);
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  onTestEnd(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { neighbour: `http://${address}:${port}`, local: `http://127.0.0.1:${port}`, port };
}

/** A token that the strict parser refuses, though others read it. */
function signRaw(header: string, payload: string): string {
  const body = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  return `${body}.${createHmac('sha256', JWT_SECRET).update(body).digest('base64url')}`;
}
const HS256 = '{"alg":"HS256"}';
const CLAIMS = '{"role":"service_role","exp":9999999999}';

const TOKENS: [string, string][] = [
  ['service_role', SERVICE],
  ['a secret key', 'sb_secret_test'],
  ['a secret key of another project', 'sb_secret_other'],
  ['supabase_admin', signToken({ role: 'supabase_admin' })],
  ['supabase_storage_admin', signToken({ role: 'supabase_storage_admin' })],
  ['postgres', signToken({ role: 'postgres' })],
  ['a role of the project', signToken({ role: 'manager' })],
  ['no role', signToken({})],
  ['a list of roles', signToken({ role: ['service_role'] })],
  ['another case', signToken({ role: 'SERVICE_ROLE' })],
  ['a blank behind the role', signToken({ role: 'authenticated ' })],
  ['a byte order mark', signRaw(HS256, `\ufeff${CLAIMS}`)],
  [
    'an unencoded payload',
    `${Buffer.from('{"alg":"HS256","b64":false,"crit":["b64"]}').toString('base64url')}.${CLAIMS}.x`,
  ],
  ['the header b64', signRaw('{"alg":"HS256","b64":true,"crit":["b64"]}', CLAIMS)],
  ['base64 with padding', `${SERVICE}==`],
  ['dots that are encoded', SERVICE.replaceAll('.', '%2E')],
  ['dots that are encoded twice', SERVICE.replaceAll('.', '%252E')],
  ['five parts', `${SERVICE}.x.x`],
  ['no JWT', 'undefined'],
];

describe.skipIf(address === undefined)('from another machine', () => {
  test.each(TOKENS)('%s is refused in every place of a request', async (_, token) => {
    const { neighbour } = await startOnNetwork();
    const inQuery = encodeURIComponent(token);
    const requests: [string, Record<string, string>][] = [
      ['/rest/v1/items', { authorization: `Bearer ${token}` }],
      ['/rest/v1/items', { authorization: `bearer   ${token} ` }],
      ['/storage/v1/bucket', { authorization: token }],
      ['/storage/v1/bucket', { authorization: `Token ${token}` }],
      ['/auth/v1/admin/users', { apikey: token }],
      ['/auth/v1/admin/users', { apikey: token, authorization: `Bearer ${KEYS.anonKey}` }],
      ['/auth/v1/admin/users', { apikey: 'sb_publishable_test', authorization: `Bearer ${token}` }],
      ['/realtime/v1/api/broadcast', { 'x-api-key': token }],
      [`/rest/v1/items?apikey=${inQuery}`, {}],
      [`/rest/v1/items?apikey=sb_publishable_test&%61pikey=${inQuery}`, {}],
    ];
    for (const [path, headers] of requests) {
      expect([path, headers, (await ask(neighbour, path, { headers })).status]).toEqual([path, headers, 401]);
    }
    const socket = '/realtime/v1/websocket';
    expect((await upgrade(neighbour, `${socket}?apikey=${inQuery}`)).status).toBe(401);
    expect(
      (await upgrade(neighbour, `${socket}?apikey=sb_publishable_test`, { 'x-api-key': token })).status,
    ).toBe(401);
  });

  test('a cookie of an own page gives no other role either', async () => {
    const { neighbour } = await startOnNetwork();
    const headers = { origin: neighbour, apikey: 'sb_publishable_test' };
    for (const role of ['service_role', 'supabase_admin', 'authenticated']) {
      const cookie = sessionCookie(signToken({ role }), address?.split('.')[0]);
      const { authorization } = seenIn(
        await ask(neighbour, '/rest/v1/items', { headers: { ...headers, cookie } }),
      ).headers;
      expect(authorization === `Bearer ${KEYS.anonKey}`).toBe(role !== 'authenticated');
    }
  });

  test('the honest ones are served, limited to their roles', async () => {
    const { neighbour, local } = await startOnNetwork();
    const roles = 'x-supabase-allowed-roles';
    const visitors: Record<string, string>[] = [
      { apikey: 'sb_publishable_test' },
      { apikey: KEYS.anonKey ?? '' },
      { apikey: 'sb_publishable_test', authorization: `Bearer ${USER_TOKEN}` },
      { apikey: 'sb_publishable_test', authorization: `Bearer ${USER_TOKEN}`, [roles]: 'service_role' },
    ];
    for (const headers of visitors) {
      const seen = seenIn(await ask(neighbour, '/rest/v1/items', { headers }));
      expect(seen.headers[roles]).toBe('anon,authenticated');
      expect(seenIn(await ask(local, '/rest/v1/items', { headers })).headers[roles]).toBeUndefined();
    }
    const basic = { authorization: `Basic ${Buffer.from('client:secret').toString('base64')}` };
    expect((await ask(neighbour, '/auth/v1/oauth/token', { method: 'POST', headers: basic })).status).toBe(
      200,
    );
    expect((await ask(neighbour, '/rest/v1/items', { headers: basic })).status).toBe(401);
    const socket = '/realtime/v1/websocket?apikey=sb_publishable_test';
    expect((await upgrade(neighbour, socket, { [roles]: 'x' })).headers['x-roles']).toBe(
      'anon,authenticated',
    );
    expect((await upgrade(local, socket, { [roles]: 'x' })).headers['x-roles']).toBe('undefined');
  });

  test('the mail inbox and the local consent page are refused', async () => {
    const { neighbour, local, port } = await startOnNetwork();
    for (const path of [
      '/__supabase/mail/',
      '/__supabase/mail/api/v1/messages',
      '/auth/v1/dev/consent?x=1',
    ]) {
      for (const method of ['GET', 'POST']) {
        expect((await ask(neighbour, path, { method })).status).toBe(403);
        const headers = { host: `localhost:${port}`, origin: `http://${address}` };
        expect((await ask(local, path, { method, headers })).status).toBe(403);
        expect((await ask(local, path, { method })).status).toBe(200);
      }
    }
  });
});

describe.skipIf(address === undefined)('S3', () => {
  const CREDENTIAL = '625729a08b95bf1b7ff351a663f3a23c/20261129/local/s3/aws4_request';
  const SIGNED = `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=host, Signature=abc`;
  const presigned = (extra = ''): string =>
    `/storage/v1/s3/b/k?X-Amz-Signature=abc&X-Amz-Credential=${encodeURIComponent(CREDENTIAL)}${extra}`;
  const evil = { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' };
  const form = { 'content-type': 'multipart/form-data; boundary=x' };
  const session = `&X-Amz-Security-Token=${USER_TOKEN}`;

  /** Each with whether it carries a user's session where Storage reads it. */
  const REQUESTS: [string, string, string, Record<string, string>, boolean][] = [
    ['a signed header', 'GET', '/storage/v1/s3/b/k', { authorization: SIGNED }, false],
    ['a presigned GET', 'GET', presigned('&response-content-type=text%2Fhtml'), {}, false],
    ['a presigned DELETE of many', 'POST', presigned('&delete'), { 'content-type': 'text/plain' }, false],
    ['a presigned form', 'POST', '/storage/v1/s3/b', form, false],
    ['nothing signed', 'GET', '/storage/v1/s3/b/k', {}, false],
    [
      'a session’s header',
      'GET',
      '/storage/v1/s3/b/k',
      { authorization: SIGNED, 'x-amz-security-token': USER_TOKEN },
      true,
    ],
    ['a session’s presigned GET', 'GET', presigned(session), {}, true],
    [
      'a session in the query of a signed header',
      'GET',
      presigned(session),
      { authorization: SIGNED },
      false,
    ],
    ['two sessions', 'GET', presigned(`${session}&X-Amz-Security-Token=`), {}, false],
    ['a service_role session', 'GET', presigned(`&X-Amz-Security-Token=${SERVICE}`), {}, false],
  ];

  test.each(REQUESTS)(
    '%s: this machine may, other machines with a session, foreign pages never',
    async (_, method, path, headers, hasSession) => {
      const { local, neighbour } = await startOnNetwork();
      expect((await ask(local, path, { method, headers })).status).toBe(200);
      expect((await ask(local, path, { method, headers: { ...headers, ...evil } })).status).toBe(401);
      expect(
        (await ask(local, path, { method, headers: { ...headers, 'sec-fetch-site': 'cross-site' } })).status,
      ).toBe(401);
      expect(
        (await ask(local, path, { method, headers: { ...headers, origin: 'http://192.168.1.1' } })).status,
      ).toBe(hasSession ? 200 : 401);
      expect((await ask(neighbour, path, { method, headers })).status).toBe(hasSession ? 200 : 401);
    },
  );
});

describe.skipIf(address === undefined)('links in mails', () => {
  const external = async (base: string, headers: Record<string, string>): Promise<string> => {
    const seen = seenIn(await ask(base, '/auth/v1/recover', { method: 'POST', headers })).headers;
    return `${String(seen['x-forwarded-proto'])}://${String(seen['x-forwarded-host'])}`;
  };

  test.each(['6.6.6.6', '6.6.6.6:5173', 'x.localhost:1', 'localhost:1', '[2001:db8::1]', '0.0.0.0'])(
    'never follow the Host %s of another machine',
    async (host) => {
      const { neighbour, local, port } = await startOnNetwork();
      expect(await external(neighbour, { host })).toBe(`http://localhost:${port}`);
      const tunnel = { host, 'x-forwarded-for': '203.0.113.9' };
      expect(await external(local, tunnel)).toBe(`http://localhost:${port}`);
    },
  );

  test('follow this machine’s own names and addresses', async () => {
    const { neighbour, local, port } = await startOnNetwork();
    expect(await external(local, { host: 'localhost:8080' })).toBe('http://localhost:8080');
    expect(await external(neighbour, {})).toBe(neighbour);
    expect(await external(neighbour, { host: `localhost:${port}` })).toBe(`http://localhost:${port}`);
    expect(await external(neighbour, { host: `${address}:1` })).toBe(`http://localhost:${port}`);
  });
});
