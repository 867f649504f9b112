import { createHmac } from 'node:crypto';
import { request } from 'node:http';
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

/** The status of a call on behalf of another machine, by a proxy on this one. */
function callFromElsewhere(authorization: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization, 'x-forwarded-for': '203.0.113.7' };
    const req = request(`${stack.url}/functions/v1/relay`, { headers }, (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    req.on('error', reject).end();
  });
}

test.each(['service_role', 'supabase_admin', 'postgres', 'my_admin'])(
  'another machine cannot act as %s through a function',
  async (role) => {
    for (const scheme of ['Bearer', 'bearer', 'Bearer ']) {
      expect(await callFromElsewhere(`${scheme} ${token(role)}`)).toBe(401);
    }
  },
);

test('another machine can act as a visitor, and this one as an administrator', async () => {
  expect(await callFromElsewhere(`Bearer ${token('anon')}`)).toBe(200);
  const headers = { authorization: `Bearer ${token('service_role')}` };
  expect((await stack.call('relay', { headers })).status).toBe(200);
});
