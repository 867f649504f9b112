import { expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { createDirectUpstream } from '../../../plugin/backend/realtime-route.ts';
import { createFixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { ask, listen, reflect, seenIn, startGateway } from '../../helpers/gateway/support.ts';
import { JWT_SECRET, KEYS, sessionCookie, USER_TOKEN } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

const service: GatewayTarget = { keys: KEYS, upstreams: { rest: { kind: 'handler', handle: reflect } } };

test('a request may have as many headers as browsers send with the cookies of all projects', async () => {
  const { url, port } = await startGateway({ target: service });
  const host = `localhost:${port}`;
  const others = Array.from({ length: 30 }, (_, i) => `sb-p${i}-auth-token.0=${'x'.repeat(3_180)}`).join(
    '; ',
  );
  const cookie = `${others}; ${sessionCookie(USER_TOKEN, 'localhost', 'p'.repeat(5_000))}`;
  const answer = await ask(url, '/rest/v1/items', { headers: { host, origin: `http://${host}`, cookie } });
  expect(seenIn(answer).headers.authorization).toBe(`Bearer ${USER_TOKEN}`);
  expect((await ask(url, `/rest/v1/items?id=in.(${'1234567,'.repeat(10_000)}1)`)).status).toBe(200);
});

test('headers above 160 kB are refused with the reason, and the server continues', async () => {
  const { url } = await startGateway({ target: service });
  const answer = await ask(url, '/rest/v1/items', { headers: { cookie: 'x'.repeat(170_000) } });
  expect([answer.status, answer.body]).toEqual([431, expect.stringContaining('HEADERS_TOO_LARGE')]);
  expect((await ask(url, '/rest/v1/items')).status).toBe(200);
});

test('a WebSocket’s large cookies and headers are not forwarded, and Realtime accepts the rest', async () => {
  const realtime = createFixtureRealtime({ secret: JWT_SECRET, maxHeader: 4096, refusalDelay: 1 });
  const { url } = await listen(realtime.server);
  const target: GatewayTarget = { keys: KEYS, upstreams: { realtime: createDirectUpstream(new URL(url)) } };
  const gateway = await startGateway({ target });
  const headers = {
    origin: gateway.url,
    cookie: `${sessionCookie(USER_TOKEN, '127', 'p'.repeat(5_000))}; other=${'o'.repeat(3_000)}`,
    'user-agent': `curl/${'8'.repeat(2_000)}`,
    'x-big': 'b'.repeat(2_000),
  };
  const answer = await upgrade(gateway.url, '/realtime/v1/websocket?apikey=sb_publishable_test', headers);
  expect(answer.status).toBe(101);
  expect(realtime.accepted).toEqual([USER_TOKEN]);
  const sent = realtime.seen[0]?.headers ?? {};
  expect(JSON.stringify(sent).length).toBeLessThan(4_096);
  expect(sent['x-big']).toBeUndefined();
});

test('a hundred session cookies with a thousand chunks take no noticeable time', async () => {
  const { url, port } = await startGateway({ target: service });
  const host = `localhost:${port}`;
  const cookie = Array.from({ length: 400 }, (_, i) => `sb-p${i % 100}-auth-token.${i}=base64-x`).join('; ');
  const started = performance.now();
  const answer = await ask(url, '/rest/v1/items', { headers: { host, origin: `http://${host}`, cookie } });
  expect(answer.status).toBe(200);
  expect(performance.now() - started).toBeLessThan(2_000);
});
