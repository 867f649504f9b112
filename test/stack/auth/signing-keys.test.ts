import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_SIGNING_KEY } from '../../../plugin/stack/keys.ts';
import { sessionCookie, signEs256, signToken } from '../../helpers/gateway/tokens.ts';
import { ask } from '../../helpers/gateway/support.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// The Supabase CLI signs user tokens with a well-known ES256 key. `@supabase/server` accepts only tokens with a `kid` that
// the JWKS has.

const FILES = {
  'supabase/migrations/1_mine.sql': `
    create table mine (id uuid primary key default auth.uid());
    alter table mine enable row level security;
    create policy own on mine using (id = auth.uid());
    grant select, insert on mine to authenticated;
    insert into storage.buckets (id, name) values ('files', 'files');
    create policy upload on storage.objects for insert to authenticated with check (true);
    create policy read on realtime.messages for select to authenticated using (true);`,
};

let stack: TestStack;
let token: string;
let userId: string;
beforeAll(async () => {
  stack = await startTestStack(FILES);
  const { data } = await stack.client().auth.signUp({ email: 'a@example.com', password: 'password' });
  token = data.session?.access_token ?? '';
  userId = data.user?.id ?? '';
});
afterAll(() => stack.stop());

describe('a user token', () => {
  test('is signed with the key of the CLI, which the JWKS names', async () => {
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', kid: LOCAL_SIGNING_KEY.kid, typ: 'JWT' });
    const jwksUrl = new URL('/auth/v1/.well-known/jwks.json', stack.url);
    const { payload } = await jwtVerify(token, createRemoteJWKSet(jwksUrl), { algorithms: ['ES256'] });
    expect(payload).toMatchObject({ sub: userId, role: 'authenticated' });
    const { d: _, ...publicHalf } = LOCAL_SIGNING_KEY;
    expect(await (await fetch(jwksUrl)).json()).toEqual({ keys: [{ ...publicHalf, key_ops: ['verify'] }] });
  });

  test('is verified by supabase-js without a request for the user', async () => {
    const { data, error } = await stack.client().auth.getClaims(token);
    expect([error, data?.claims.sub, data?.header.alg]).toEqual([null, userId, 'ES256']);
  });

  // As a session of before an update, and as scripts sign it.
  const sessionToken = (): string => {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return signToken(claims as Record<string, unknown>, stack.jwtSecret);
  };

  test.each([
    ['ES256', () => token],
    ['HS256', sessionToken],
  ])('of %s is accepted by every service, and as a session cookie', async (_algorithm, make) => {
    const accessToken = make();
    const client = stack.client(stack.publishableKey, {
      global: { headers: { authorization: `Bearer ${accessToken}` } },
    });
    expect((await stack.client().auth.getUser(accessToken)).data.user?.id).toBe(userId);
    expect((await client.from('mine').upsert({ id: userId }, { ignoreDuplicates: true })).error).toBeNull();
    expect((await client.from('mine').select()).data).toEqual([{ id: userId }]);
    const path = `${crypto.randomUUID()}.txt`;
    expect((await client.storage.from('files').upload(path, 'x')).error).toBeNull();
    await client.realtime.setAuth(accessToken);
    const channel = client.channel('room', { config: { private: true } });
    const status = await new Promise<string>((resolve) => void channel.subscribe((state) => resolve(state)));
    expect(status).toBe('SUBSCRIBED');
    const cookie = { origin: stack.url, cookie: sessionCookie(accessToken), apikey: stack.publishableKey };
    expect((await ask(stack.url, '/rest/v1/mine', { headers: cookie })).body).toBe(`[{"id":"${userId}"}]`);
  });

  test.each([
    ['another key under the same kid', () => signEs256({ role: 'authenticated' }, generateKey())],
    ['the key under another kid', () => signEs256({ role: 'authenticated' }, undefined, 'other')],
  ])('of %s is refused', async (_what, make) => {
    const headers = { apikey: stack.publishableKey, authorization: `Bearer ${make()}` };
    const statuses = ['/rest/v1/mine', '/auth/v1/user', '/storage/v1/bucket'].map(
      async (path) => (await ask(stack.url, path, { headers })).status,
    );
    expect((await Promise.all(statuses)).every((status) => [400, 401, 403].includes(status))).toBe(true);
  });
});

test('the legacy keys stay HS256 with the secret, and valid', async () => {
  expect(decodeProtectedHeader(stack.anonKey).alg).toBe('HS256');
  expect((await stack.client(stack.anonKey).from('mine').select()).data).toEqual([]);
  expect((await stack.client(stack.serviceRoleKey).auth.admin.listUsers()).data.users).toHaveLength(1);
});

test('auth.signing_keys_path replaces the key; without any key, HS256 signs', async () => {
  const own = { ...generateKey().export({ format: 'jwk' }), alg: 'ES256', kid: 'own' };
  for (const [keys, header] of [
    [[own], { alg: 'ES256', kid: 'own' }],
    [[], { alg: 'HS256' }],
  ] as const) {
    await using other = await startTestStack({
      'supabase/config.toml': '[auth]\nsigning_keys_path = "./signing_keys.json"\n',
      'supabase/signing_keys.json': JSON.stringify(keys),
    });
    const { data } = await other.client().auth.signUp({ email: 'a@example.com', password: 'password' });
    expect(decodeProtectedHeader(data.session?.access_token ?? '')).toEqual({ typ: 'JWT', ...header });
  }
});

function generateKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}
