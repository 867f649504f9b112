import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, linkIn, startAuth, waitForMail, type TestStack } from './start-auth.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startAuth();
});

afterAll(() => stack.stop());

const client = (): SupabaseClient => createTestClient(stack);

test('signs up, in and out', async () => {
  const first = client();
  const email = 'Ann@Example.com';
  const up = await first.auth.signUp({
    email,
    password: 'correct-horse',
    options: { data: { name: 'Ann' } },
  });
  expect(up.error).toBeNull();
  expect(up.data.user).toMatchObject({
    email: 'ann@example.com',
    user_metadata: { name: 'Ann', email_verified: true },
  });
  expect(up.data.session?.refresh_token).toMatch(/^[a-z2-7]{12}$/);

  const second = client();
  const wrong = await second.auth.signInWithPassword({ email, password: 'wrong' });
  expect(wrong.error?.code).toBe('invalid_credentials');
  const right = await second.auth.signInWithPassword({ email, password: 'correct-horse' });
  expect(right.error).toBeNull();
  expect((await second.auth.getUser()).data.user?.id).toBe(up.data.user?.id);

  const refreshed = await second.auth.refreshSession();
  expect(refreshed.data.session?.refresh_token).not.toBe(right.data.session?.refresh_token);
  const updated = await second.auth.updateUser({ data: { name: 'Anna' }, password: 'another-horse' });
  expect(updated.data.user?.user_metadata.name).toBe('Anna');

  expect((await first.auth.refreshSession()).error?.code).toBe('refresh_token_not_found');
  expect((await second.auth.signOut()).error).toBeNull();
  expect((await second.auth.getUser()).data.user).toBeNull();
});

test('recovers a password through the link of a mail', async () => {
  const email = 'bob@example.com';
  await client().auth.signUp({ email, password: 'correct-horse' });
  const asked = await client().auth.resetPasswordForEmail(email, {
    redirectTo: 'http://127.0.0.1:3000/reset?a=1',
  });
  expect(asked.error).toBeNull();
  const mail = await waitForMail(stack, email);
  expect(mail.Subject).toBe('Reset your password');
  const link = linkIn(mail);
  expect(link.href.startsWith(`${stack.url}/auth/v1/verify?token=`)).toBe(true);
  const followed = await fetch(link, { redirect: 'manual' });
  expect(followed.status).toBe(303);
  const target = new URL(followed.headers.get('location') ?? '');
  expect(`${target.origin}${target.pathname}${target.search}`).toBe('http://127.0.0.1:3000/reset?a=1');
  const fragment = new URLSearchParams(target.hash.slice(1));
  expect(fragment.get('type')).toBe('recovery');
  const supabase = client();
  const session = await supabase.auth.setSession({
    access_token: fragment.get('access_token') ?? '',
    refresh_token: fragment.get('refresh_token') ?? '',
  });
  expect(session.data.user?.email).toBe(email);
  expect((await supabase.auth.updateUser({ password: 'new-horse' })).error).toBeNull();
  const again = await fetch(link, { redirect: 'manual' });
  expect(again.headers.get('location')).toContain('error_code=otp_expired');
});

test('signs in a seeded user', async () => {
  const db = stack.database.createPool('postgres');
  await db.query(`
    insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
      raw_user_meta_data, created_at, updated_at)
    values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated',
      'seed@example.com', extensions.crypt('seed-password', extensions.gen_salt('bf')), now(),
      '{"provider":"email","providers":["email"]}', '{}', now(), now())`);
  await db.end();
  const signedIn = await client().auth.signInWithPassword({
    email: 'seed@example.com',
    password: 'seed-password',
  });
  expect(signedIn.error).toBeNull();
  expect(signedIn.data.user?.identities).toEqual([]);
});
