import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack({
    'supabase/functions/who/index.ts': `Deno.serve((req) => new Response(req.headers.get('authorization')));`,
  });
});

afterAll(() => stack.stop());

function sign(claims: object, secret = stack.jwtSecret, alg = 'HS256'): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

const soon = (): number => Math.floor(Date.now() / 1000) + 60;

const REFUSED: Record<string, [headers: () => Record<string, string>, code: string, message: string]> = {
  'no token': [() => ({}), 'UNAUTHORIZED_NO_AUTH_HEADER', 'Missing authorization header'],
  'another scheme': [
    () => ({ authorization: 'Basic YTpi' }),
    'UNAUTHORIZED_INVALID_JWT_FORMAT',
    'Invalid JWT format',
  ],
  'an unknown key': [
    () => ({ apikey: 'sb_publishable_x' }),
    'UNAUTHORIZED_INVALID_JWT_FORMAT',
    'Invalid JWT format',
  ],
  'another secret': [
    () => ({ authorization: `Bearer ${sign({ role: 'anon', exp: soon() }, 'x'.repeat(32))}` }),
    'UNAUTHORIZED_JWT',
    'Invalid JWT',
  ],
  'an expired token': [
    () => ({ authorization: `Bearer ${sign({ role: 'anon', exp: 1 })}` }),
    'UNAUTHORIZED_JWT',
    'Invalid JWT',
  ],
  'a token of the future': [
    () => ({ authorization: `Bearer ${sign({ role: 'anon', nbf: soon() })}` }),
    'UNAUTHORIZED_JWT',
    'Invalid JWT',
  ],
  'an unknown ES256 key': [
    () => ({ authorization: `Bearer ${sign({ role: 'anon', exp: soon() }, 'x', 'ES256')}` }),
    'UNAUTHORIZED_ASYMMETRIC_JWT',
    'Invalid JWT',
  ],
  'another algorithm': [
    () => ({ authorization: `Bearer ${sign({ role: 'anon', exp: soon() }, 'x', 'HS512')}` }),
    'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM',
    'Unsupported JWT algorithm HS512',
  ],
};

test.each(Object.entries(REFUSED))(
  '%s is refused with its code',
  async (_title, [headers, code, message]) => {
    const response = await fetch(`${stack.url}/functions/v1/who`, { headers: headers() });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ code, message, msg: message });
    expect(response.headers.get('sb-error-code')).toBe(code);
    expect(response.headers.get('access-control-expose-headers')).toBe('sb-error-code');
  },
);

test.each(['publishableKey', 'secretKey', 'anonKey', 'serviceRoleKey'] as const)(
  '%s lets a call in',
  async (name) => {
    const key = stack[name];
    const response = await fetch(`${stack.url}/functions/v1/who`, {
      headers: key.startsWith('sb_') ? { apikey: key } : { authorization: `Bearer ${key}` },
    });
    expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/^Bearer ey/)]);
  },
);

test('OPTIONS needs no token', async () => {
  expect((await fetch(`${stack.url}/functions/v1/who`, { method: 'OPTIONS' })).status).toBe(200);
});
