import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// supabase/postgres ansible/files/postgresql_config/postgresql.conf.j2

let stack: TestStack;
let client: pg.Client;
beforeAll(async () => {
  stack = await startTestStack({
    'supabase/migrations/1_f.sql':
      'create function public.f() returns json language sql stable as $$ select json_build_array(0.1::float8 + 0.2, 0.1::float4) $$;',
  });
  client = new pg.Client({ connectionString: stack.dbUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stack.stop();
});

test.each([
  ['effective_cache_size', '128MB'],
  ['jit', 'on'],
  ['random_page_cost', '4'],
  ['work_mem', '4MB'],
  ['extra_float_digits', '0'],
  ['default_text_search_config', 'pg_catalog.english'],
  ['timezone', 'UTC'],
  ['row_security', 'on'],
  ['wal_level', 'logical'],
])('%s', async (name, value) => {
  const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [name]);
  expect(rows).toEqual([{ value }]);
});

test('a float reaches the client as on Supabase', async () => {
  expect((await stack.client().rpc('f')).data).toEqual([0.3, 0.1]);
});
