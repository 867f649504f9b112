import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { ask, reflect, seenIn, startGateway } from '../../helpers/gateway/support.ts';
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

  async function whoami(stack: TestStack, cookie: string): Promise<unknown> {
    const headers = {
      apikey: stack.publishableKey,
      origin: stack.url,
      cookie,
      'content-type': 'application/json',
    };
    return JSON.parse(
      (await ask(stack.url, '/rest/v1/rpc/whoami', { method: 'POST', headers, body: '{}' })).body,
    );
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

  test('a token without a session of this project signs nobody in', async () => {
    const forged = signToken({ role: 'authenticated', sub: '8f4b5f4e-0000-4000-8000-000000000001' });
    expect(await whoami(here, sessionCookie(forged))).toEqual({ role: 'anon', sub: null });
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
