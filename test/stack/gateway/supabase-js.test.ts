import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import {
  createClient,
  REALTIME_SUBSCRIBE_STATES,
  type RealtimeChannel,
  type SupabaseClient,
} from '@supabase/supabase-js';
import type { JWK } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createDirectUpstream } from '../../../plugin/backend/realtime-route.ts';
import { Gateway } from '../../../plugin/gateway/gateway.ts';
import type { GatewayKeys, GatewayTarget, UrlUpstream } from '../../../plugin/gateway/target.ts';
import { listenGateway, type GatewayServer } from '../../../plugin/gateway/listen.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { publicJwk } from '../../../plugin/stack/jwt.ts';
import { LOCAL_SIGNING_KEY } from '../../../plugin/stack/keys.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { createFixtureKong, type KongTemplate } from '../../helpers/gateway/kong.ts';
import { relayUpgrade } from '../../helpers/gateway/relay.ts';
import { createFixtureRealtime } from '../../helpers/gateway/realtime.ts';
import { defer } from '../../helpers/gateway/support.ts';
import { sessionCookie } from '../../helpers/gateway/tokens.ts';

/**
 * What an application gets through the gateway, with each kind of backend. With SUPABASE_TEST_URL (and the variables of
 * `realStack`) the same tests run against a real stack: see docs/configuration.md.
 */

const MIGRATION = readFileSync(new URL('../../fixtures/gateway/behaviour.sql', import.meta.url), 'utf8');

/** What signs the user tokens of every local stack. */
const JWKS = [publicJwk(LOCAL_SIGNING_KEY) as JWK & { kid: string }];

interface Behind {
  readonly target: GatewayTarget;
  readonly dbUrl: string;
  stop(): Promise<void>;
}

const TARGETS: readonly [name: string, start: () => Promise<Behind>][] =
  process.env.SUPABASE_TEST_URL === undefined
    ? [
        ['the embedded backend', createEmbeddedBackend],
        ['servers like the CLI’s, Realtime directly', () => startLikeCli('direct')],
        ['servers like the CLI’s, through a Kong without opaque keys', () => startLikeCli('plain')],
        ['servers like the CLI’s, through a Kong that translates keys', () => startLikeCli('translating')],
      ]
    : [['a real stack', startReal]];

describe.each(TARGETS)('supabase-js on %s', (_, start) => {
  let behind: Behind;
  let gateway: Gateway;
  let server: GatewayServer;
  let url: string;
  let keys: GatewayKeys;
  let database: pg.Client;
  let userId: string;
  let userToken: string;
  const clients: SupabaseClient[] = [];

  beforeAll(async () => {
    behind = await start();
    keys = behind.target.keys;
    gateway = new Gateway({ target: behind.target, logger: silentLogger });
    server = await listenGateway(gateway, { port: 0 });
    url = `http://localhost:${server.port}`;
    database = new pg.Client({ connectionString: behind.dbUrl });
    await database.connect();
    const { data, error } = await connect(keys.publishableKey ?? '').auth.signUp({
      email: `u${Date.now()}@example.com`,
      password: 'correct horse',
    });
    if (error) throw error;
    userId = data.user?.id ?? '';
    userToken = data.session?.access_token ?? '';
    await database.query('insert into gateway_notes (owner, body) values ($1, $2)', [userId, 'mine']);
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.removeAllChannels()));
    await gateway.close();
    await server.close();
    await database.end();
    await behind.stop();
  });

  /** A client as in a page of the app: with its origin and, if there is a session, its cookies. */
  function connect(key: string, { cookie, token }: { cookie?: string; token?: string } = {}): SupabaseClient {
    const headers = { origin: url, ...(cookie !== undefined && { cookie }) };
    class PageWebSocket extends WebSocket {
      constructor(address: string, protocols?: string | string[]) {
        super(address, protocols, { headers });
      }
    }
    const client = createClient(url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { headers },
      realtime: { transport: PageWebSocket as never },
      ...(token !== undefined && { accessToken: () => Promise.resolve(token) }),
    });
    clients.push(client);
    return client;
  }

  const callers: readonly [name: string, make: () => SupabaseClient, isUser: boolean][] = [
    ['no session and the publishable key', () => connect(keys.publishableKey ?? ''), false],
    ['no session and the legacy anon key', () => connect(keys.anonKey ?? ''), false],
    [
      'a session cookie and the publishable key',
      () => connect(keys.publishableKey ?? '', { cookie: sessionCookie(userToken, 'localhost') }),
      true,
    ],
    ['its own access token', () => connect(keys.publishableKey ?? '', { token: userToken }), true],
  ];

  describe.each(callers)('with %s', (_name, make, isUser) => {
    test('REST answers with the role of the caller', async () => {
      const { data, error } = await make().from('gateway_notes').select('body').eq('body', 'mine');
      expect(error).toBeNull();
      expect(data).toEqual(isUser ? [{ body: 'mine' }] : []);
    });

    test('a channel joins, its broadcast arrives at another client, and presence is shared', async () => {
      const topic = `room-${Math.random().toString(36).slice(2)}`;
      const config = { config: { broadcast: { self: false, ack: true }, presence: { key: 'b' } } };
      const a = make().channel(topic, { config: { presence: { key: 'a' } } });
      const b = make().channel(topic, config);
      const heard = defer<unknown>();
      const met = defer<void>();
      a.on('broadcast', { event: 'hello' }, ({ payload }) => heard.resolve(payload));
      a.on('presence', { event: 'sync' }, () => {
        if ('b' in a.presenceState()) met.resolve();
      });
      await Promise.all([subscribe(a), subscribe(b)]);
      expect(await b.track({ here: true })).toBe('ok');
      expect(await b.send({ type: 'broadcast', event: 'hello', payload: { n: 1 } })).toBe('ok');
      expect(await heard.promise).toEqual({ n: 1 });
      await expect(met.promise).resolves.toBeUndefined();
    });

    test('database changes arrive if the caller may read them', async () => {
      const client = make();
      // As Supabase's documentation requires before subscribing to private data: the first join would have no token.
      await client.realtime.setAuth();
      const table = isUser ? 'gateway_notes' : 'gateway_items';
      const arrived: string[] = [];
      const ready = defer<void>();
      const channel = client
        .channel(`changes-${Math.random().toString(36).slice(2)}`)
        .on('postgres_changes', { event: 'INSERT', schema: 'public', table }, (change) =>
          arrived.push(String(change.new.body)),
        )
        .on('system', {}, (payload: { status?: string; extension?: string }) => {
          if (payload.extension === 'postgres_changes' && payload.status === 'ok') ready.resolve();
        });
      await subscribe(channel);
      await ready.promise;
      const body = `row ${Math.random()}`;
      if (isUser)
        await database.query('insert into gateway_notes (owner, body) values ($1, $2)', [userId, body]);
      else await database.query('insert into gateway_items (body) values ($1)', [body]);
      await expect.poll(() => arrived, { timeout: 10_000 }).toEqual([body]);
    });
  });
});

function subscribe(channel: RealtimeChannel): Promise<void> {
  const { promise, resolve, reject } = defer<void>();
  channel.subscribe((status, error) => {
    if (status === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED) resolve();
    else if (status !== REALTIME_SUBSCRIBE_STATES.CLOSED) reject(error ?? new Error(status));
  });
  return promise;
}

// One stack for all tests of this file.
let running: Promise<TestStack> | undefined;
afterAll(async () => (await running)?.stop());

function shareStack(): Promise<TestStack> {
  return (running ??= startTestStack({ 'supabase/migrations/1_behaviour.sql': MIGRATION }));
}

test('the embedded Storage refuses a request without key and token as Storage does behind Kong', async () => {
  const { url } = await shareStack();
  const response = await fetch(`${url}/storage/v1/bucket`);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    statusCode: '403',
    error: 'Unauthorized',
    code: 'AccessDenied',
    message: 'Invalid Compact JWS',
  });
});

async function createEmbeddedBackend(): Promise<Behind> {
  const stack = await shareStack();
  const upstream: UrlUpstream = { kind: 'url', url: new URL(stack.url), speaks: 'gateway', host: 'client' };
  const keys = { ...stack, jwks: JWKS };
  const target: GatewayTarget = { keys, upstreams: { auth: upstream, rest: upstream, realtime: upstream } };
  return { target, dbUrl: stack.dbUrl, stop: () => Promise.resolve() };
}

/**
 * The services of the embedded stack behind fixtures of Kong and Realtime, on separate ports. The handshake is checked as
 * in the recording of the real Realtime.
 */
async function startLikeCli(way: 'direct' | KongTemplate): Promise<Behind> {
  const stack = await shareStack();
  const keys = { ...stack, jwks: JWKS };
  const realtime = createFixtureRealtime({
    secret: stack.jwtSecret,
    jwks: JWKS,
    refusalDelay: 20,
    maxHeader: 4096,
    accept: (req, socket, head, token) =>
      relayUpgrade(req, socket, head, `${stack.url}/realtime/v1/websocket`, token),
  });
  const realtimeUrl = await listen(realtime.server);
  const template = way === 'direct' ? 'translating' : way;
  const kong = createFixtureKong({
    template,
    keys,
    upstreams: { auth: `${stack.url}/auth/v1`, rest: `${stack.url}/rest/v1`, realtime: realtimeUrl },
  });
  const gateway: UrlUpstream = {
    kind: 'url',
    url: new URL(await listen(kong)),
    speaks: 'gateway',
    host: 'client',
  };
  const direct = createDirectUpstream(new URL(realtimeUrl));
  const upstreams = { auth: gateway, rest: gateway, realtime: gateway };
  const websocket = { choose: () => [way === 'direct' ? direct : gateway], failed: () => {} };
  return {
    target: { keys, upstreams, websocket },
    dbUrl: stack.dbUrl,
    async stop() {
      for (const server of [kong, realtime.server]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

/** The CLI's stack, or any other: the tables of behaviour.sql are created in its database and stay there. */
async function startReal(): Promise<Behind> {
  const env = process.env;
  const dbUrl = env.SUPABASE_TEST_DB_URL ?? 'postgresql://postgres:postgres@127.0.0.1:54322/postgres';
  const database = new pg.Client({ connectionString: dbUrl });
  await database.connect();
  await database.query(MIGRATION);
  await database.end();
  const keys: GatewayKeys = {
    publishableKey: env.SUPABASE_TEST_PUBLISHABLE_KEY,
    anonKey: env.SUPABASE_TEST_ANON_KEY,
    secretKey: undefined,
    serviceRoleKey: undefined,
    jwtSecret: env.SUPABASE_TEST_JWT_SECRET,
    jwks: undefined,
  };
  const url = new URL(env.SUPABASE_TEST_URL ?? '');
  const gateway: UrlUpstream = { kind: 'url', url, speaks: 'gateway', host: 'client' };
  const realtimeUrl = env.SUPABASE_TEST_REALTIME_URL;
  const realtime = realtimeUrl === undefined ? gateway : createDirectUpstream(new URL(realtimeUrl));
  const upstreams = { auth: gateway, rest: gateway, realtime: gateway };
  const websocket = { choose: () => [realtime], failed: () => {} };
  return { target: { keys, upstreams, websocket }, dbUrl, stop: () => Promise.resolve() };
}

async function listen(server: Server): Promise<string> {
  const { promise, resolve } = defer<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
