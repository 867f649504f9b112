import type { JWK } from 'jose';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLocalBackend } from '../../../plugin/backend/local.ts';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import type { GatewayKeys, GatewayTarget } from '../../../plugin/gateway/target.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { makeProject } from '../../helpers/project.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { ask, defer, listen, reflect, seenIn, startGateway } from '../../helpers/gateway/support.ts';
import { KEYS, sessionCookie, signToken, USER_TOKEN } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// Cookies know no port, and all local projects sign with the same secret: the browser sends the session of another project
// on this machine, with a valid signature.

const FILES = {
  'supabase/migrations/1_whoami.sql': `
    create function whoami() returns json language sql as $$
      select json_build_object('role', auth.role(), 'sub', auth.uid()) $$;
    grant execute on function whoami to anon, authenticated;`,
};

describe('two projects on one machine', () => {
  let here: TestStack;
  let there: TestStack;

  beforeAll(async () => {
    [here, there] = await Promise.all([startTestStack(FILES), startTestStack(FILES)]);
  });

  afterAll(async () => {
    await Promise.all([here.stop(), there.stop()]);
  });

  async function signUp(stack: TestStack, email: string): Promise<{ id: string; cookie: string }> {
    const { data } = await stack.client().auth.signUp({ email, password: 'password' });
    return { id: data.user?.id ?? '', cookie: sessionCookie(data.session?.access_token ?? '') };
  }

  async function whoami(stack: TestStack, cookie: string, url = stack.url): Promise<unknown> {
    const headers = {
      apikey: stack.publishableKey,
      origin: url,
      cookie,
      'content-type': 'application/json',
    };
    return JSON.parse((await ask(url, '/rest/v1/rpc/whoami', { method: 'POST', headers, body: '{}' })).body);
  }

  test('a session signs in where it was made, and nowhere else', async () => {
    const mine = await signUp(here, 'me@example.com');
    const other = await signUp(there, 'me@example.com');
    for (let time = 0; time < 2; time += 1) {
      expect(await whoami(here, mine.cookie)).toEqual({ role: 'authenticated', sub: mine.id });
      expect(await whoami(here, other.cookie)).toEqual({ role: 'anon', sub: null });
    }
    // The own one counts beside the other one.
    const both = `${other.cookie.replace('sb-127', 'sb-other')}; ${mine.cookie}`;
    expect(await whoami(here, both)).toEqual({ role: 'authenticated', sub: mine.id });
  });

  test('nor at a dev server whose backend is the CLI stack of its project', async () => {
    const mine = await signUp(here, 'cli@example.com');
    const other = await signUp(there, 'cli@example.com');
    const { publishableKey, anonKey, secretKey, serviceRoleKey } = here;
    const jwks = await fetch(`${here.url}/auth/v1/.well-known/jwks.json`);
    const url = await startAtLocalStack(here.url, {
      ...KEYS,
      jwks: ((await jwks.json()) as { keys: JWK[] }).keys,
      publishableKey,
      anonKey,
      secretKey,
      serviceRoleKey,
    });
    for (let time = 0; time < 2; time += 1) {
      expect(await whoami(here, mine.cookie, url)).toEqual({ role: 'authenticated', sub: mine.id });
      expect(await whoami(here, other.cookie, url)).toEqual({ role: 'anon', sub: null });
    }
  });

  test('a token without a session of this project signs nobody in', async () => {
    const forged = signToken({ role: 'authenticated', sub: '8f4b5f4e-0000-4000-8000-000000000001' });
    expect(await whoami(here, sessionCookie(forged))).toEqual({ role: 'anon', sub: null });
  });
});

/** A dev server on the backend `local`, whose stack answers at this URL. */
async function startAtLocalStack(stackUrl: string, keys: GatewayKeys): Promise<string> {
  const project = await makeProject({ 'supabase/config.toml': '[db]\nport = 1\n' });
  onTestEnd(() => project.remove());
  const backend = createLocalBackend({
    url: new URL(stackUrl),
    reason: 'test',
    keys,
    config: await loadConfig(project.root),
    realtime: 'gateway',
    realtimeUrl: undefined,
    logger: silentLogger,
  });
  onTestEnd(() => backend.close());
  return (await startGateway({ target: () => backend.target() })).url;
}

describe('the stack of the CLI', () => {
  /** A gateway like Kong, whose Auth gives these answers to `GET /user`, one after the other, the last one for ever. */
  async function startKong(
    answers: readonly number[],
    path = '/',
  ): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    const server = createServer((req, res) => {
      if (!req.url?.endsWith('/auth/v1/user')) return reflect(req, res);
      asked.push([req.url, req.headers.apikey, req.headers.authorization].join(' '));
      const status = answers[Math.min(asked.length, answers.length) - 1];
      if (status === 0) res.destroy();
      else res.writeHead(status ?? 500, { location: '/' }).end('{}');
    });
    const { url } = await listen(server);
    return { url: new URL(path, url).href, asked };
  }

  const signedIn = async (url: string, token = USER_TOKEN): Promise<boolean> => {
    const headers = { origin: url, apikey: 'sb_publishable_test', cookie: sessionCookie(token) };
    const { authorization } = seenIn(await ask(url, '/rest/v1/x', { headers })).headers;
    expect([`Bearer ${token}`, `Bearer ${KEYS.anonKey}`]).toContain(authorization);
    return authorization === `Bearer ${token}`;
  };

  // The answers of Auth, and what three requests one after the other see of the session.
  test.each([
    ['its own session', [200], [true, true, true], 1],
    ['no such session (403)', [403], [false, false, false], 1],
    ['not its signature (401)', [401], [false, false, false], 1],
    ['no Auth in this stack (404)', [404], [false, false, false], 1],
    ['Auth that starts (503)', [503, 200], [false, true, true], 2],
    ['Auth that fails (500)', [500, 502, 403], [false, false, false], 3],
    ['too many requests (429)', [429, 200], [false, true, true], 2],
    ['a redirect to somewhere else', [302, 200], [false, true, true], 2],
    ['a connection that breaks', [0, 200], [false, true, true], 2],
  ])('%s', async (_, answers, expected, questions) => {
    const kong = await startKong(answers);
    const url = await startAtLocalStack(kong.url, KEYS);
    const seen: boolean[] = [];
    for (const _ of expected) seen.push(await signedIn(url));
    expect(seen).toEqual(expected);
    expect(kong.asked).toHaveLength(questions);
    expect(new Set(kong.asked)).toEqual(new Set([`/auth/v1/user ${KEYS.anonKey} Bearer ${USER_TOKEN}`]));
  });

  test('is asked below the path of its URL, and not about tokens of another secret', async () => {
    const kong = await startKong([200], '/supabase/');
    const url = await startAtLocalStack(kong.url, KEYS);
    expect(await signedIn(url, signToken({ role: 'authenticated', sub: 'x' }, 'x'.repeat(40)))).toBe(false);
    expect(await signedIn(url, signToken({ role: 'authenticated', sub: 'x', exp: 1_700_000_000 }))).toBe(
      false,
    );
    expect(kong.asked).toEqual([]);
    expect(await signedIn(url)).toBe(true);
    expect(kong.asked[0]).toMatch(/^\/supabase\/auth\/v1\/user /);
  });
});

describe('a backend that knows its sessions', () => {
  async function start(
    knowsSession: (token: string) => Promise<boolean>,
  ): Promise<{ url: string; seen: unknown[] }> {
    const seen: unknown[] = [];
    const target: GatewayTarget = {
      keys: KEYS,
      knowsSession,
      upstreams: {
        rest: { kind: 'handler', handle: reflect },
        realtime: {
          kind: 'handler',
          handle: reflect,
          upgrade(req, socket) {
            seen.push(req.headers['x-api-key']);
            socket.end(
              'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
            );
          },
        },
      },
    };
    return { url: (await startGateway({ target })).url, seen };
  }

  const send = async (url: string, body?: string): Promise<string | undefined> => {
    const headers = { origin: url, apikey: 'sb_publishable_test', cookie: sessionCookie(USER_TOKEN) };
    const answer = await ask(url, '/rest/v1/x', { method: 'POST', headers, body: body ?? '' });
    return seenIn(answer).body === (body ?? '') ? seenIn(answer).headers.authorization : 'body lost';
  };

  test('is asked once for each session, on both transports', async () => {
    let asked = 0;
    const { url, seen } = await start(async () => {
      asked += 1;
      return true;
    });
    expect(await send(url, '{"a":1}')).toBe(`Bearer ${USER_TOKEN}`);
    expect(await send(url)).toBe(`Bearer ${USER_TOKEN}`);
    const socket = '/realtime/v1/websocket?apikey=sb_publishable_test';
    await upgrade(url, socket, { origin: url, cookie: sessionCookie(USER_TOKEN) });
    expect([asked, seen]).toEqual([1, [USER_TOKEN]]);
  });

  test('is asked once by requests that come together', async () => {
    const answer = defer<boolean>();
    let asked = 0;
    const { url } = await start(() => {
      asked += 1;
      // By then the other ones have arrived as well.
      setTimeout(() => answer.resolve(true), 200);
      return answer.promise;
    });
    const sent = await Promise.all(Array.from({ length: 10 }, () => send(url)));
    expect(new Set(sent)).toEqual(new Set([`Bearer ${USER_TOKEN}`]));
    expect(asked).toBe(1);
  });

  test('is asked again after it could not answer', async () => {
    let asked = 0;
    const { url } = await start(async () => {
      asked += 1;
      if (asked === 1) throw new Error('down');
      return true;
    });
    expect(await send(url)).toBe(`Bearer ${KEYS.anonKey}`);
    expect(await send(url)).toBe(`Bearer ${USER_TOKEN}`);
  });
});
