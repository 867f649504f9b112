import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAuth, type TestStack } from './start-auth.ts';

let stack: TestStack;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startAuth();
  postgres = new pg.Client(stack.database.connection('postgres'));
  postgres.on('error', () => {});
  await postgres.connect();
});

afterAll(async () => {
  await postgres.end();
  await stack.stop();
});

test('has the tables and columns of the real server', async () => {
  const fixture = new URL('../../fixtures/auth/columns.json', import.meta.url);
  const real: unknown = JSON.parse(await readFile(fixture, 'utf8'));
  const { rows } = await postgres.query(`
    select table_name, column_name, data_type, udt_name, is_nullable, column_default, is_generated, generation_expression
    from information_schema.columns where table_schema = 'auth'
    order by table_name, ordinal_position`);
  expect(rows).toEqual(real);
});

test('allows role postgres the seeds and triggers of Supabase projects', async () => {
  await postgres.query(`
    create table public.profiles (id uuid primary key references auth.users on delete cascade, email text);
    create function public.handle_new_user() returns trigger language plpgsql security definer set search_path = '' as
      $$ begin insert into public.profiles (id, email) values (new.id, new.email); return new; end $$;
    create trigger on_auth_user_created after insert on auth.users
      for each row execute function public.handle_new_user();
    insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
      raw_user_meta_data, created_at, updated_at)
    values ('00000000-0000-0000-0000-000000000000', 'aaaaaaaa-0000-4000-8000-000000000001', 'authenticated',
      'authenticated', 'seed@example.com', extensions.crypt('password', extensions.gen_salt('bf')), now(),
      '{"provider":"email","providers":["email"]}', '{}', now(), now());
    insert into auth.identities (id, user_id, identity_data, provider, provider_id, last_sign_in_at, created_at, updated_at)
    values (gen_random_uuid(), 'aaaaaaaa-0000-4000-8000-000000000001',
      '{"sub":"aaaaaaaa-0000-4000-8000-000000000001","email":"seed@example.com"}', 'email',
      'aaaaaaaa-0000-4000-8000-000000000001', now(), now(), now());`);
  const { rows } = await postgres.query('select email from public.profiles');
  expect(rows).toEqual([{ email: 'seed@example.com' }]);
});

test('identifies the caller to policies', async () => {
  const claims = { sub: 'aaaaaaaa-0000-4000-8000-000000000001', role: 'authenticated', email: 'a@b.c' };
  await postgres.query('begin');
  await postgres.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)]);
  await postgres.query('set local role authenticated');
  const { rows } = await postgres.query(
    'select auth.uid() uid, auth.role() role, auth.email() email, auth.jwt() jwt',
  );
  await postgres.query('rollback');
  expect(rows).toEqual([{ uid: claims.sub, role: claims.role, email: claims.email, jwt: claims }]);
});

test('denies the tables to the API roles', async () => {
  await postgres.query('begin; set local role authenticated');
  await expect(postgres.query('select * from auth.users')).rejects.toThrow(
    'permission denied for table users',
  );
  await postgres.query('rollback');
});
