import { describe, expect, test } from 'vitest';
import { createServer } from 'node:http';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { ask, listen, reflect, seenIn, startGateway } from '../../helpers/gateway/support.ts';
import { KEYS } from '../../helpers/gateway/tokens.ts';
import { upgrade } from '../../helpers/gateway/upgrade-client.ts';

// Kong resolves dot segments after our routing: /rest/v1/../../pg/query is the database's administration API.

async function setUp(): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const { url } = await listen(
    createServer((req, res) => {
      seen.push(req.url ?? '');
      reflect(req, res);
    }),
  );
  const upstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' } as const;
  const target: GatewayTarget = {
    keys: KEYS,
    upstreams: { rest: upstream, storage: upstream, realtime: upstream },
  };
  return { url: (await startGateway({ target })).url, seen };
}

describe('out of the prefix', () => {
  test.each([
    '/rest/v1/../../pg/query',
    '/rest/v1/..',
    '/rest/v1/./x',
    '/rest/v1/%2e%2e/%2e%2e/pg/query',
    '/rest/v1/.%2E/pg',
    '/rest/v1/%2E./pg',
    '/rest/v1/..%2fpg',
    '/rest/v1/..%5Cpg',
    '/rest/v1/a%2F..%2F..%2Fpg',
    '/rest/v1/..\\pg',
    '/rest/v1/..;/pg',
    '/storage/v1/object/bucket/../../../pg',
    '/realtime/v1/api/../../pg',
  ])('%s is refused', async (path) => {
    const { url, seen } = await setUp();
    const answer = await ask(url, path);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'INVALID_PATH' });
    expect(seen).toEqual([]);
  });

  test('a WebSocket cannot leave it either', async () => {
    const { url, seen } = await setUp();
    const answer = await upgrade(url, '/realtime/v1/websocket/../../../pg?apikey=sb_publishable_test');
    expect(answer.status).toBe(400);
    expect(seen).toEqual([]);
  });
});

describe('dots and slashes without a special meaning', () => {
  test.each([
    '/storage/v1/object/bucket/a..b/.hidden/c...png',
    '/storage/v1/object/bucket/folder%2Ffile.png',
    '/storage/v1/object/bucket/...',
    '/rest/v1/items?path=eq.../..%2F..',
    '/rest/v1/rpc/f?x=../..',
  ])('%s is forwarded unchanged', async (path) => {
    const { url } = await setUp();
    expect(seenIn(await ask(url, path)).url).toBe(path);
  });
});
