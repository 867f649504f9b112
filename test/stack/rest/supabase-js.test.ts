import { SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SupabaseClient } from '@supabase/supabase-js';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const MIGRATION = `
create table public.authors (id int primary key, name text not null);
create table public.books (
  id int primary key,
  author_id int references public.authors,
  title text not null unique,
  tags text[] not null default '{}',
  info jsonb
);
create table public.notes (id int primary key, owner uuid, body text);
alter table public.notes enable row level security;
create policy "own notes" on public.notes to authenticated
  using (owner = auth.uid()) with check (owner = auth.uid());
insert into public.authors values (1, 'Le Guin'), (2, 'Lem');
insert into public.books values
  (1, 1, 'The Dispossessed', '{sf,anarchism}', '{"year": 1974}'), (2, 1, 'Tehanu', '{fantasy}', null), (3, 2, 'Solaris', '{sf}', '{"year": 1961}');
insert into public.notes values (1, gen_random_uuid(), 'secret');
create function public.add(a int, b int) returns int language sql immutable as 'select a + b';
create function public.books_of(author int) returns setof public.books language sql stable as 'select * from books where author_id = author';
create function public.refuse() returns void language plpgsql as $$ begin
  raise exception 'no' using errcode = 'PT418', detail = 'why', hint = 'ask'; end $$;
`;

let stack: TestStack;
let anon: SupabaseClient;
let service: SupabaseClient;

beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/1_books.sql': MIGRATION });
  anon = stack.client();
  service = stack.client(stack.secretKey);
});
afterAll(() => stack.stop());

describe('reading', () => {
  test('selects columns, filters, orders and limits', async () => {
    const { data, error } = await anon
      .from('books')
      .select('title,year:info->year')
      .contains('tags', ['sf'])
      .order('title', { ascending: false })
      .limit(1);
    expect(error).toBeNull();
    expect(data).toEqual([{ title: 'The Dispossessed', year: 1974 }]);
  });

  test('embeds to-many and to-one resources through foreign keys', async () => {
    const authors = await anon.from('authors').select('name,books(title)').eq('id', 2).single();
    expect(authors.data).toEqual({ name: 'Lem', books: [{ title: 'Solaris' }] });
    const books = await anon.from('books').select('title,authors!inner(name)').eq('authors.name', 'Lem');
    expect(books.data).toEqual([{ title: 'Solaris', authors: { name: 'Lem' } }]);
  });

  test('counts without reading', async () => {
    const { count, data } = await anon.from('books').select('*', { count: 'exact', head: true });
    expect({ count, data }).toEqual({ count: 3, data: null });
  });

  test('reports unknown tables with a hint', async () => {
    const { error, status } = await anon.from('boks').select();
    expect(status).toBe(404);
    expect(error).toMatchObject({ code: 'PGRST205', hint: "Perhaps you meant the table 'public.books'" });
  });
});

describe('writing', () => {
  test('inserts, updates, upserts and deletes with the rows returned', async () => {
    const inserted = await anon.from('authors').insert({ id: 10, name: 'Butler' }).select();
    expect(inserted).toMatchObject({ status: 201, data: [{ id: 10, name: 'Butler' }] });
    const updated = await anon.from('authors').update({ name: 'O. Butler' }).eq('id', 10).select().single();
    expect(updated.data).toEqual({ id: 10, name: 'O. Butler' });
    const upserted = await anon
      .from('authors')
      .upsert([
        { id: 10, name: 'Octavia Butler' },
        { id: 11, name: 'Delany' },
      ])
      .select('name')
      .order('id');
    expect(upserted.data).toEqual([{ name: 'Octavia Butler' }, { name: 'Delany' }]);
    const deleted = await anon.from('authors').delete({ count: 'exact' }).gte('id', 10);
    expect(deleted).toMatchObject({ status: 204, count: 2 });
  });

  test('reports violations by their SQLSTATE and writes nothing', async () => {
    const { error, status } = await anon.from('books').insert([
      { id: 50, title: 'New' },
      { id: 51, title: 'Solaris' },
    ]);
    expect(status).toBe(409);
    expect(error?.code).toBe('23505');
    expect((await anon.from('books').select('id').eq('id', 50)).data).toEqual([]);
  });
});

describe('calling functions', () => {
  test('returns scalars and rows, which can be filtered', async () => {
    expect((await anon.rpc('add', { a: 1, b: 2 })).data).toBe(3);
    expect((await anon.rpc('add', { a: 1, b: 2 }, { get: true })).data).toBe(3);
    const books = await anon.rpc('books_of', { author: 1 }).select('title').eq('id', 2);
    expect(books.data).toEqual([{ title: 'Tehanu' }]);
  });

  test('responds with the status that a function raises', async () => {
    const { error, status } = await anon.rpc('refuse');
    expect(status).toBe(418);
    expect(error).toMatchObject({ code: 'PT418', message: 'no', details: 'why', hint: 'ask' });
  });
});

describe('roles', () => {
  test('returns only the rows that the policies allow the user', async () => {
    expect((await anon.from('notes').select()).data).toEqual([]);
    expect((await service.from('notes').select('body')).data).toEqual([{ body: 'secret' }]);
    const owner = crypto.randomUUID();
    const token = await new SignJWT({ role: 'authenticated', sub: owner })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(stack.jwtSecret));
    const person = stack.client(undefined, { accessToken: () => Promise.resolve(token) });
    expect((await person.from('notes').insert({ id: 2, owner, body: 'mine' })).error).toBeNull();
    expect((await person.from('notes').select('body')).data).toEqual([{ body: 'mine' }]);
    const denied = await person.from('notes').insert({ id: 3, owner: crypto.randomUUID(), body: 'theirs' });
    expect(denied).toMatchObject({ status: 403, error: { code: '42501' } });
  });

  test('rejects a token with an invalid signature', async () => {
    const response = await fetch(`${stack.url}/rest/v1/books`, {
      headers: { apikey: stack.publishableKey, authorization: `Bearer ${stack.anonKey.slice(0, -4)}AAAA` },
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(await response.json()).toMatchObject({ code: 'PGRST301' });
  });
});

describe('the schema cache', () => {
  test('reloads by itself when the schema changes', async () => {
    const admin = new pg.Client({ connectionString: stack.dbUrl });
    await admin.connect();
    await admin.query('create table public.late (id int primary key)');
    await admin.query('insert into public.late values (7)');
    await admin.end();
    await expect
      .poll(async () => (await anon.from('late').select()).data, { timeout: 5000 })
      .toEqual([{ id: 7 }]);
  });
});
