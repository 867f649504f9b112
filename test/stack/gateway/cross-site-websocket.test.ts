import { describe, expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { createDirectUpstream } from '../../../plugin/backend/realtime-route.ts';
import { createFixtureRealtime, type FixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { listen, startGateway } from '../../helpers/gateway/support.ts';
import { JWT_SECRET, KEYS, sessionCookie, USER_TOKEN } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

// Browsers send cookies with WebSockets to any site, and no same-origin policy stops them.

const PATH = '/realtime/v1/websocket?apikey=sb_publishable_test&vsn=2.0.0';
const cookie = sessionCookie(USER_TOKEN, 'localhost');

async function setUp(): Promise<{ url: string; port: number; realtime: FixtureRealtime }> {
  const realtime = createFixtureRealtime({ secret: JWT_SECRET, refusalDelay: 1 });
  const { url } = await listen(realtime.server);
  const target: GatewayTarget = { keys: KEYS, upstreams: { realtime: createDirectUpstream(new URL(url)) } };
  const gateway = await startGateway({ target });
  return { url: gateway.url, port: gateway.port, realtime };
}

describe('a page of another site', () => {
  test.each([
    'https://evil.example',
    'http://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://93.184.216.34',
    'not a url',
  ])('%s cannot open a WebSocket', async (origin) => {
    const { url, port, realtime } = await setUp();
    const answer = await upgrade(url, PATH, { host: `localhost:${port}`, origin, cookie });
    expect(answer.status).toBe(403);
    expect(realtime.seen).toEqual([]);
  });
});

describe('a page of another port or device, whose cookies are the same', () => {
  test.each([
    'http://localhost:1',
    'http://127.0.0.1:9',
    'http://192.168.1.20:5173',
    'http://other.localhost:3000',
  ])('%s gets the rights of its key and not those of the session', async (origin) => {
    const { url, port, realtime } = await setUp();
    const answer = await upgrade(url, PATH, { host: `localhost:${port}`, origin, cookie });
    expect(answer.status).toBe(101);
    expect(realtime.accepted).toEqual([KEYS.anonKey]);
  });

  test('https of the same name on another port does not get the session either', async () => {
    const { url, port, realtime } = await setUp();
    await upgrade(url, PATH, { host: `localhost:${port}`, origin: 'https://localhost', cookie });
    expect(realtime.accepted).toEqual([KEYS.anonKey]);
  });
});

test('without an Origin a cookie proves nothing', async () => {
  const { url, port, realtime } = await setUp();
  const answer = await upgrade(url, PATH, {
    host: `localhost:${port}`,
    'sec-fetch-site': 'same-origin',
    cookie,
  });
  expect(answer.status).toBe(101);
  expect(realtime.accepted).toEqual([KEYS.anonKey]);
});

test('a session only replaces a key: without a key the handshake is refused', async () => {
  const { url, port, realtime } = await setUp();
  const host = `localhost:${port}`;
  const answer = await upgrade(url, '/realtime/v1/websocket', { host, origin: `http://${host}`, cookie });
  expect(answer.status).toBe(401);
  expect(realtime.accepted).toEqual([]);
});

test('the app’s own page gets its session', async () => {
  const { url, port, realtime } = await setUp();
  const host = `localhost:${port}`;
  const answer = await upgrade(url, PATH, { host, origin: `http://${host}`, cookie });
  expect(answer.status).toBe(101);
  expect(realtime.accepted).toEqual([USER_TOKEN]);
});
