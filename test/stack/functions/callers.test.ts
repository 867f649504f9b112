import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

let stack: FunctionsStack;

beforeAll(async () => {
  stack = await startFunctions({
    // What functions commonly do: act at the stack as the caller.
    relay: `Deno.serve((req) => fetch(Deno.env.get('SUPABASE_URL') + '/rest/v1/', {
      headers: { apikey: Deno.env.get('SUPABASE_ANON_KEY')!, authorization: req.headers.get('authorization') ?? '' },
    }));`,
  });
});

afterAll(() => stack.stop());

function token(role: string): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ role, exp: 4102444800 })}`;
  return `${body}.${createHmac('sha256', stack.jwtSecret).update(body).digest('base64url')}`;
}

/** The status of a call by a page of another origin of this machine, which may use its own keys but no roles of admins. */
async function callAsPage(authorization: string): Promise<number> {
  const headers = { authorization, origin: 'http://localhost:5999' };
  return (await stack.call('relay', { headers })).status;
}

test.each(['service_role', 'supabase_admin', 'postgres', 'my_admin'])(
  'a page of another origin cannot act as %s through a function',
  async (role) => {
    for (const scheme of ['Bearer', 'bearer', 'Bearer ']) {
      expect(await callAsPage(`${scheme} ${token(role)}`)).toBe(401);
    }
  },
);

test('a page of another origin can act as a visitor, and a program of this machine as an administrator', async () => {
  expect(await callAsPage(`Bearer ${token('anon')}`)).toBe(200);
  const headers = { authorization: `Bearer ${token('service_role')}` };
  expect((await stack.call('relay', { headers })).status).toBe(200);
});
