import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

let stack: FunctionsStack;

beforeAll(async () => {
  stack = await startFunctions({
    open: `const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Methods': 'POST', 'Access-Control-Allow-Headers': 'x-own' };
      Deno.serve((req) => new Response(req.method, { headers: cors }));`,
    closed: `Deno.serve((req) => new Response(req.method));`,
    picky: `Deno.serve(() => new Response('', { headers: { 'Access-Control-Allow-Origin': 'https://partner.example' } }));`,
  });
});

afterAll(() => stack.stop());

const grantOf = async (slug: string, origin: string, init: RequestInit = {}): Promise<string | null> => {
  const headers = { origin, ...(init.headers as Record<string, string>) };
  return (await stack.call(slug, { ...init, headers })).headers.get('access-control-allow-origin');
};
const PREFLIGHT = { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } };

test.each([
  ['open', 'https://foreign.example', '*'],
  ['closed', 'https://foreign.example', null],
  ['picky', 'https://foreign.example', 'https://partner.example'],
  ['closed', 'http://localhost:5173', '*'],
  ['picky', 'http://localhost:5173', 'https://partner.example'],
])('%s, called by a page of %s, grants %s', async (slug, origin, grant) => {
  expect(await grantOf(slug, origin)).toBe(grant);
});

test('a preflight of a foreign page is answered by the function, any other as by the CLI’s gateway', async () => {
  expect(await grantOf('open', 'https://foreign.example', PREFLIGHT)).toBe('*');
  expect(await grantOf('closed', 'https://foreign.example', PREFLIGHT)).toBe(null);
  expect(await grantOf('closed', 'http://localhost:5173', PREFLIGHT)).toBe('*');
});

test.each(['rest/v1/', 'auth/v1/settings', 'storage/v1/bucket'])(
  'other services still grant a foreign page nothing: %s',
  async (path) => {
    const headers = { origin: 'https://foreign.example', apikey: stack.publishableKey };
    const response = await fetch(`${stack.url}/${path}`, { headers });
    expect(response.headers.get('access-control-allow-origin')).toBe(null);
  },
);
