import { createServer, type Server } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  createDirectUpstream,
  RealtimeRoute,
  type RealtimeRouteOptions,
} from '../../../plugin/backend/realtime-route.ts';
import type { UrlUpstream } from '../../../plugin/gateway/target.ts';
import { startFixtureStack, type FixtureStack } from '../../helpers/gateway/fixture-stack.ts';
import { defer, listen, startGateway } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { JWT_SECRET, KEYS } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

async function startStack(): Promise<FixtureStack> {
  const stack = await startFixtureStack({ secret: JWT_SECRET, keys: KEYS });
  onTestEnd(() => {
    for (const server of stack.servers) {
      server.close();
      server.closeAllConnections();
    }
  });
  return stack;
}

function route(
  stack: FixtureStack,
  options: Partial<RealtimeRouteOptions> = {},
): { route: RealtimeRoute; lines: string[]; gateway: UrlUpstream } {
  const lines: string[] = [];
  const push = (line: string): void => void lines.push(line);
  const gateway: UrlUpstream = { kind: 'url', url: new URL(stack.url), speaks: 'gateway', host: 'client' };
  const created = new RealtimeRoute({
    mode: 'auto',
    direct: createDirectUpstream(new URL(stack.realtimeUrl)),
    directIsExplicit: false,
    gateway,
    jwt: KEYS.anonKey,
    logger: { info: push, warn: push, error: push },
    probeTimeout: 10_000,
    probePause: 0,
    ...options,
  });
  onTestEnd(() => created.settled());
  return { route: created, lines, gateway };
}

const closed = async (server: Server): Promise<void> => {
  const { promise, resolve } = defer<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
};

describe('auto', () => {
  test('prefers the direct path, with the API gateway as the fallback', async () => {
    const stack = await startStack();
    const { route: auto, gateway } = route(stack);
    const ways = await auto.choose();
    expect(ways.map((way) => way.kind === 'url' && way.url.origin)).toEqual([
      stack.realtimeUrl,
      gateway.url.origin,
    ]);
    expect(auto.describe()).toBe(`directly at ${stack.realtimeUrl}`);
  });

  test('uses the API gateway when Realtime’s port is not published', async () => {
    const stack = await startStack();
    const unpublished = createDirectUpstream(new URL('http://127.0.0.1:1'));
    const { route: auto, gateway } = route(stack, { direct: unpublished });
    expect(await auto.choose()).toEqual([gateway]);
    expect(auto.describe()).toBe(`through the API gateway at ${stack.url}`);
  });

  test('ignores another Phoenix application on port 4000, whose sockets accept everything', async () => {
    const stack = await startStack();
    const { url } = await listen(
      createServer((_, res) => res.writeHead(404).end()).on('upgrade', (_req, socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
      ),
    );
    const { route: auto, gateway } = route(stack, { direct: createDirectUpstream(new URL(url)) });
    expect(await auto.choose()).toEqual([gateway]);
  });

  test('switches when the chosen path fails, logs it once, and clients stay connected', async () => {
    const stack = await startStack();
    const { route: auto, lines, gateway } = route(stack);
    const { url } = await startGateway({ target: { keys: KEYS, upstreams: {}, websocket: auto } });
    const path = '/realtime/v1/websocket?apikey=sb_publishable_test&vsn=2.0.0';
    const first = await upgrade(url, path);
    expect(first.status).toBe(101);
    first.socket?.destroy();

    // Only the published port is gone; Kong still reaches Realtime (here another one).
    const other = await startStack();
    gateway.url.href = other.url;
    await closed(stack.realtime.server);
    expect((await upgrade(url, path)).status).toBe(101);
    await auto.settled();
    expect((await upgrade(url, path)).status).toBe(101);
    expect(other.realtime.accepted).toHaveLength(2 + 1);
    expect(lines).toEqual([
      `supabase: Realtime is now reached through the API gateway at ${new URL(other.url).origin}`,
    ]);
  });

  test('uses an address that the developer set, without probing', async () => {
    const stack = await startStack();
    const direct = createDirectUpstream(new URL('http://127.0.0.1:1'));
    const { route: auto, gateway } = route(stack, { direct, directIsExplicit: true });
    expect(await auto.choose()).toEqual([direct, gateway]);
    expect(stack.realtime.seen).toEqual([]);
  });
});

describe('a fixed path', () => {
  test.each(['direct', 'gateway'] as const)('%s is the only one, and nothing is probed', async (mode) => {
    const stack = await startStack();
    const { route: fixed } = route(stack, { mode });
    const ways = await fixed.choose();
    expect(ways.map((way) => way.kind === 'url' && way.url.origin)).toEqual([
      mode === 'direct' ? stack.realtimeUrl : stack.url,
    ]);
    expect(stack.realtime.seen).toEqual([]);
  });
});
