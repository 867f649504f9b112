import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startAuth();
});
afterAll(() => stack.stop());

const ARGON2 =
  '$argon2id$v=19$m=32,t=3,p=2$SFVpOWJ0eXhjRzVkdGN1RQ$RXnb8rh7LaDcn07xsssqqulZYXOM/EUCEFMVcAcyYVk';
const BCRYPT = '$2y$10$srNl09aPtc2qr.0Vl.NtjekJRt/NxRxYQm3qd3OvfcKsJgVnr6.Ve';

async function signIn(email: string, password: string): Promise<string | undefined> {
  const { error } = await createTestClient(stack).auth.signInWithPassword({ email, password });
  return error?.code;
}

async function stored(email: string): Promise<unknown> {
  const db = stack.database.createPool('postgres');
  const { rows } = await db.query<{ encrypted_password: string }>(
    'select encrypted_password from auth.users where email = $1',
    [email],
  );
  await db.end();
  return rows[0]?.encrypted_password;
}

test.for([ARGON2, BCRYPT])(
  'creates a user with the hash %s, who signs in with its password',
  async (hash) => {
    const email = `${hash.slice(1, 4)}@example.com`;
    const admin = createTestClient(stack, {}, stack.keys.serviceRoleKey).auth.admin;
    expect((await admin.createUser({ email, email_confirm: true, password_hash: hash })).error).toBeNull();
    expect(await signIn(email, 'test1')).toBe('invalid_credentials');
    expect(await signIn(email, 'test')).toBeUndefined();
    // As in GoTrue, the hash stays; a new password replaces it.
    expect(await stored(email)).toBe(hash);
    const client = createTestClient(stack);
    await client.auth.signInWithPassword({ email, password: 'test' });
    expect((await client.auth.updateUser({ password: 'correct-horse' })).error).toBeNull();
    expect(await stored(email)).toMatch(/^\$2a\$10\$/);
    expect([await signIn(email, 'test'), await signIn(email, 'correct-horse')]).toEqual([
      'invalid_credentials',
      undefined,
    ]);
  },
);

test('a user whom a seed brought along signs in', async () => {
  const db = stack.database.createPool('postgres');
  await db.query(
    `insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at)
     values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', $1, $2, now())`,
    ['seed@example.com', ARGON2],
  );
  await db.end();
  expect(await signIn('seed@example.com', 'test')).toBeUndefined();
});

test('refuses a hash that nobody could sign in with, in GoTrue’s words', async () => {
  const admin = createTestClient(stack, {}, stack.keys.serviceRoleKey).auth.admin;
  for (const hash of ['not-a-hash', ARGON2.replace('v=19', 'v=16'), ARGON2.replace('m=32', 'm=9999999')]) {
    const { error } = await admin.createUser({ email: 'x@example.com', password_hash: hash });
    expect(error).toMatchObject({ status: 500, message: 'Error creating user' });
  }
});
