import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { GatewayTarget } from '../../../plugin/gateway/target.ts';
import { ask, listen, startGateway } from './support.ts';
import { KEYS } from './tokens.ts';

/** An upstream that answers OPTIONS with 404, as Realtime does, and everything else with its own CORS header. */
async function setUp(): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const { url } = await listen(
    createServer((req, res) => {
      requests.push(`${req.method} ${req.url}`);
      res.writeHead(req.method === 'OPTIONS' ? 404 : 200, { 'access-control-allow-origin': '*' }).end();
    }),
  );
  const upstream = { kind: 'url', url: new URL(url), speaks: 'gateway', host: 'client' } as const;
  const target: GatewayTarget = { keys: KEYS, upstreams: { realtime: upstream, rest: upstream } };
  return { url: (await startGateway({ target })).url, requests };
}

const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'apikey,content-type',
};

describe('a page of another port', () => {
  const origin = 'http://localhost:3000';

  test.each(['/realtime/v1/api/broadcast', '/rest/v1/items'])('may ask for %s', async (path) => {
    const { url, requests } = await setUp();
    const answer = await ask(url, path, { method: 'OPTIONS', headers: { origin, ...PREFLIGHT } });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'apikey,content-type',
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT',
    });
    expect(requests).toEqual([]);
  });

  test('may read answers, also errors of the gateway', async () => {
    const { url } = await setUp();
    for (const path of ['/rest/v1/items', '/functions/v1/missing']) {
      const answer = await ask(url, path, { headers: { origin } });
      expect(answer.headers['access-control-allow-origin']).toBe('*');
    }
  });
});

describe('a website', () => {
  const origin = 'https://evil.example';

  test('is granted nothing by a preflight', async () => {
    const { url } = await setUp();
    const answer = await ask(url, '/rest/v1/items', { method: 'OPTIONS', headers: { origin, ...PREFLIGHT } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['access-control-allow-headers']).toBeUndefined();
  });

  test('may not read answers, though the upstream would let it', async () => {
    const { url } = await setUp();
    const answer = await ask(url, '/rest/v1/items', { headers: { origin } });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

test('an OPTIONS request that is no preflight belongs to the service', async () => {
  const { url, requests } = await setUp();
  expect((await ask(url, '/rest/v1/items', { method: 'OPTIONS' })).status).toBe(404);
  expect(requests).toEqual(['OPTIONS /rest/v1/items']);
});
