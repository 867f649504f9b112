import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestClient, startAuth, type TestStack } from './start-auth.ts';

// The user's own tables and triggers on schema auth fail; the words are GoTrue's for each operation, in both formats.

const CONFIG = (confirmations: boolean): string => `
  [auth]
  enable_anonymous_sign_ins = true
  [auth.email]
  enable_confirmations = ${String(confirmations)}
  max_frequency = "1ms"
  [auth.sms]
  enable_signup = true
  max_frequency = "1ms"
  [auth.sms.twilio]
  enabled = true
  [auth.mfa.totp]
  enroll_enabled = true
  verify_enabled = true`;

let stack: TestStack;
let confirming: TestStack;
let db: Pool;
beforeAll(async () => {
  [stack, confirming] = await Promise.all([startAuth(CONFIG(false)), startAuth(CONFIG(true))]);
  for (const one of [stack, confirming]) {
    const pool = one.database.createPool('postgres');
    await pool.query(`
      create table public.profiles (id uuid primary key, nick text unique);
      create table public.rules (operation text, state text);
      grant all on public.profiles, public.rules to supabase_auth_admin;
      create function public.act() returns trigger language plpgsql security definer set search_path = public as $$
        declare rule record;
        begin
          for rule in select * from rules where operation = tg_table_name || ' ' || tg_op loop
            if rule.state = 'nick' then
              insert into profiles values (new.id, new.raw_user_meta_data ->> 'nick');
            else
              raise exception 'refused by a trigger' using errcode = rule.state, hint = 'a hint';
            end if;
          end loop;
          return coalesce(new, old);
        end $$;
      create trigger act before insert or update or delete on auth.users for each row execute function public.act();`);
    await pool.end();
  }
  // The other tables are the service's: only their owner can add a trigger.
  db = stack.database.createPool('supabase_auth_admin');
  for (const table of ['identities', 'sessions', 'mfa_factors', 'one_time_tokens']) {
    await db.query(`create trigger act before insert or update or delete on auth.${table}
      for each row execute function public.act()`);
  }
});
beforeEach(() => db.query('delete from public.rules'));
afterAll(async () => {
  await db.end();
  await Promise.all([stack.stop(), confirming.stop()]);
});

interface Sent {
  readonly method?: string;
  readonly body?: object;
  readonly token?: string;
}

async function send(on: TestStack, path: string, { method = 'POST', body, token }: Sent, isNew: boolean) {
  const response = await fetch(`${on.url}/auth/v1${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token ?? on.keys.serviceRoleKey}`,
      ...(isNew ? { 'X-Supabase-Api-Version': '2024-01-01' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as object };
}

/** The answers to a request in the new and in the old format. */
async function both(on: TestStack, path: string, sent: Sent): Promise<object[]> {
  return [await send(on, path, sent, true), await send(on, path, sent, false)];
}

/** The operation's own words in the new format, and what the trigger says in the old one. */
const worded = (message: string): object[] => [
  { status: 500, body: { code: 'unexpected_failure', message } },
  { status: 500, body: { code: 'P0001', message: 'refused by a trigger', hint: 'a hint' } },
];

const rule = (operation: string, state = 'P0001') =>
  db.query('insert into public.rules values ($1, $2)', [operation, state]);
const password = 'correct-horse';
const counter = { next: 0 };
const address = (): string => `user${counter.next++}@example.com`;

async function signedUp(): Promise<{ id: string; token: string; email: string }> {
  const email = address();
  const { data } = await createTestClient(stack).auth.signUp({ email, password });
  return { id: data.user?.id ?? '', token: data.session?.access_token ?? '', email };
}

test.for([
  ['/signup', { email: 'a@example.com', password }, 'Database error saving new user'],
  ['/signup', { phone: '4915112345678', password }, 'Database error saving new user'],
  ['/otp', { email: 'a@example.com' }, 'Database error saving new user'],
  ['/otp', { phone: '4915112345678' }, 'Database error saving new user'],
  ['/magiclink', { email: 'a@example.com' }, 'Database error saving new user'],
  ['/invite', { email: 'a@example.com' }, 'Database error saving new user'],
  [
    '/admin/generate_link',
    { type: 'signup', email: 'a@example.com', password },
    'Database error saving new user',
  ],
  ['/admin/generate_link', { type: 'invite', email: 'a@example.com' }, 'Database error saving new user'],
  ['/admin/generate_link', { type: 'magiclink', email: 'a@example.com' }, 'Database error saving new user'],
  ['/admin/users', { email: 'a@example.com' }, 'Database error creating new user'],
] as const)('a new user is refused: %s %j', async ([path, body, words]) => {
  await rule('users INSERT');
  expect(await both(stack, path, { body })).toEqual(worded(words));
});

test('an anonymous user is refused, whatever fails', async () => {
  const failure = {
    status: 500,
    body: { code: 'unexpected_failure', message: 'Database error creating anonymous user' },
  };
  for (const operation of ['users INSERT', 'sessions INSERT']) {
    await db.query('delete from public.rules');
    await rule(operation);
    expect(await send(stack, '/signup', { body: {} }, true)).toEqual(failure);
    // GoTrue does not look for PostgreSQL's error below its own one.
    expect(await send(stack, '/signup', { body: {} }, false)).toMatchObject({
      status: 500,
      body: { error_code: 'unexpected_failure', msg: 'Database error creating anonymous user' },
    });
  }
});

test.for(['identities INSERT', 'sessions INSERT'] as const)(
  'a sign-up is refused by %s',
  async (operation) => {
    await rule(operation);
    const words =
      operation === 'identities INSERT' ? 'Error creating identity' : 'Database error granting user';
    expect(await send(stack, '/signup', { body: { email: address(), password } }, true)).toEqual({
      status: 500,
      body: { code: 'unexpected_failure', message: words },
    });
  },
);

test('a code whose token cannot be stored has the words of its way', async () => {
  const phone = '4915100000001';
  const { data } = await createTestClient(stack).auth.signUp({ phone, password });
  const owner = data.session?.access_token ?? '';
  const { token, email } = await signedUp();
  await rule('one_time_tokens INSERT');
  const cases: [path: string, sent: Sent, words: string][] = [
    ['/otp', { body: { phone } }, 'error creating one time token'],
    ['/otp', { body: { phone: '4915100000002' } }, 'error creating one time token'],
    ['/reauthenticate', { method: 'GET', token: owner }, 'error creating one time token'],
    ['/reauthenticate', { method: 'GET', token }, 'Error sending reauthentication email'],
    ['/recover', { body: { email } }, 'Error sending recovery email'],
    ['/otp', { body: { email } }, 'Error sending magic link email'],
    ['/invite', { body: { email: address() } }, 'Error inviting user'],
    ['/user', { method: 'PUT', token, body: { email: address() } }, 'Error sending email change email'],
  ];
  for (const [path, sent, words] of cases) {
    expect([path, await both(stack, path, sent)]).toEqual([path, worded(words)]);
  }
  // A part of GoTrue without words of its own.
  const link = { type: 'magiclink', email };
  expect(await send(stack, '/admin/generate_link', { body: link }, true)).toEqual({
    status: 500,
    body: {
      code: 'unexpected_failure',
      message: 'Unexpected failure, please check server logs for more information',
    },
  });
  await db.query('delete from public.rules');
  expect((await send(stack, '/otp', { body: { phone } }, true)).status).toBe(200);
});

test('operations on a user have their own words', async () => {
  const { id, token, email } = await signedUp();
  const factor = await send(
    stack,
    '/factors',
    { token, body: { factor_type: 'totp', friendly_name: 'x' } },
    true,
  );
  const factorId = (factor.body as { id: string }).id;
  await rule('users UPDATE');
  expect(await both(stack, '/user', { method: 'PUT', token, body: { data: { a: 1 } } })).toEqual(
    worded('Error updating user'),
  );
  expect(await both(stack, '/user', { method: 'PUT', token, body: { password: 'another-horse' } })).toEqual(
    worded('Error during password storage'),
  );
  expect(await both(stack, `/admin/users/${id}`, { method: 'PUT', body: { role: 'x' } })).toEqual(
    worded('Error updating user'),
  );
  expect(
    await both(stack, `/admin/users/${id}`, { method: 'DELETE', body: { should_soft_delete: true } }),
  ).toEqual(worded('Error soft deleting user'));
  expect(await both(stack, '/recover', { body: { email } })).toEqual(worded('Error sending recovery email'));
  expect(await both(stack, '/magiclink', { body: { email } })).toEqual(
    worded('Error sending magic link email'),
  );
  expect(await both(stack, '/user', { method: 'PUT', token, body: { email: address() } })).toEqual(
    worded('Error sending email change email'),
  );
  expect(await both(stack, '/token?grant_type=password', { body: { email, password } })).toEqual(
    worded('Database error granting user'),
  );
  await db.query('delete from public.rules');
  await rule('mfa_factors DELETE');
  expect(await both(stack, `/admin/users/${id}/factors/${factorId}`, { method: 'DELETE' })).toEqual(
    worded('Database error deleting factor'),
  );
  await rule('users DELETE');
  expect(await both(stack, `/admin/users/${id}`, { method: 'DELETE' })).toEqual(
    worded('Database error deleting user'),
  );
  await rule('sessions DELETE');
  expect(await both(stack, '/logout', { token })).toEqual(worded('Error logging out user'));
});

test('a user that a table of the project refers to is not deleted', async () => {
  const { id } = await signedUp();
  const pool = stack.database.createPool('postgres');
  await pool.query('create table public.notes (owner uuid references auth.users)');
  await pool.query('insert into public.notes values ($1)', [id]);
  await pool.end();
  expect(await send(stack, `/admin/users/${id}`, { method: 'DELETE' }, true)).toEqual({
    status: 500,
    body: { code: 'unexpected_failure', message: 'Database error deleting user' },
  });
  expect(await send(stack, `/admin/users/${id}`, { method: 'DELETE' }, false)).toMatchObject({
    status: 500,
    body: { code: '23503', detail: expect.stringContaining('is still referenced from table "notes"') },
  });
});

test('a unique key of the project is not an address that is taken', async () => {
  for (const on of [stack, confirming]) {
    const pool = on.database.createPool('postgres');
    await pool.query(`insert into public.rules values ('users INSERT', 'nick')`);
    const signUp = (email: string) => ({ body: { email, password, data: { nick: 'same' } } });
    expect((await send(on, '/signup', signUp(address()), true)).status).toBe(200);
    for (const sent of [
      signUp(address()),
      { body: { phone: '4915112345679', password, data: { nick: 'same' } } },
    ]) {
      expect(await send(on, '/signup', sent, true)).toEqual({
        status: 500,
        body: { code: 'unexpected_failure', message: 'Database error saving new user' },
      });
    }
    expect(
      await send(on, '/otp', { body: { email: address(), data: { nick: 'same' } } }, false),
    ).toMatchObject({
      status: 500,
      body: { code: '23505', message: 'duplicate key value violates unique constraint "profiles_nick_key"' },
    });
    await pool.query('delete from public.rules');
    await pool.end();
  }
});

test('of two sign-ups with one address at the same time, one is told that it is taken', async () => {
  const email = address();
  const both = await Promise.all(
    [1, 2].map(() => send(stack, '/signup', { body: { email, password } }, true)),
  );
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 422]);
});

test('a trigger chooses the status of the old format, as with PostgREST', async () => {
  await rule('users INSERT', 'PT418');
  const sent = { body: { email: address(), password } };
  expect(await send(stack, '/signup', sent, false)).toMatchObject({ status: 418, body: { code: 'PT418' } });
  expect((await send(stack, '/signup', sent, true)).status).toBe(500);
});
