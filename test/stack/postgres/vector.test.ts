import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

// pgvector by its README.

let stack: TestStack;
let client: pg.Client;
beforeAll(async () => {
  stack = await startTestStack({
    'supabase/migrations/1_vector.sql': `
      create extension vector with schema extensions;
      create table d (id int primary key, e extensions.vector(3));
      insert into d values (1, '[1, 2,3]'), (2, '[3,1,2]'), (3, '[0.1,-1e-5,100]');
      create index on d using hnsw (e vector_cosine_ops) with (m = 16, ef_construction = 64);
      create index concurrently_not on d using ivfflat (e extensions.vector_l2_ops) with (lists = 100) where id > 0;
      create index on d using hnsw ((e::extensions.halfvec(3)) extensions.halfvec_l2_ops);
      create function match_d(query_embedding vector(3), match_count int) returns table (id int, similarity float)
      language sql stable as $$
        select d.id, 1 - (d.e <=> query_embedding) from d order by d.e <=> query_embedding limit match_count
      $$;`,
    'supabase/migrations/2_alone.sql':
      'create index concurrently on d using hnsw (e vector_ip_ops) with (m = 16)',
  });
  client = new pg.Client(stack.dbUrl);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await stack.stop();
});

async function value(sql: string): Promise<unknown> {
  const { rows } = await client.query<{ value: unknown }>(`select (${sql})::text as value`);
  return rows[0]?.value;
}

test.each([
  [`'[1, 2,3]'::vector(3)`, '[1,2,3]'],
  [`'[0.1,-1e-5,100]'::vector(3)`, '[0.1,-1e-05,100]'],
  [`'[1,2,3]'::vector <-> '[4,6,3]'`, '5'],
  [`'[1,2,3]'::vector <#> '[4,5,6]'`, '-32'],
  [`'[1,1]'::vector <=> '[-1,-1]'`, '2'],
  [`'[1,2,3]'::vector <+> '[2,0,3]'`, '3'],
  [`'[0,0]'::vector <=> '[1,1]'`, 'NaN'],
  [`'[1,2]'::vector + '[3,4]'`, '[4,6]'],
  [`'[1,2]'::vector - '[3,4]'`, '[-2,-2]'],
  [`'[1,2]'::vector * '[3,4]'`, '[3,8]'],
  [`'[1,2]'::vector || '[3]'::vector`, '[1,2,3]'],
  [`'[1,2]'::vector = '[1, 2]'`, 'true'],
  [`'[1,10]'::vector < '[1,9]'`, 'false'],
  [`array[1,2,3]::vector`, '[1,2,3]'],
  [`'[1,2,3]'::vector::real[]`, '{1,2,3}'],
  [`vector_dims('[1,2,3]'::vector)`, '3'],
  [`vector_norm('[3,4]'::vector)`, '5'],
  [`l2_normalize('[3,4]'::vector)`, '[0.6,0.8]'],
  [`subvector('[1,2,3,4]'::vector, 2, 2)`, '[2,3]'],
  [`binary_quantize('[1,-1,0.5]'::vector)`, '101'],
  [`select avg(v) from (values ('[1,2]'::vector), ('[3,6]')) t(v)`, '[2,4]'],
  [`select sum(v) from (values ('[1,2]'::vector), ('[3,6]')) t(v)`, '[4,8]'],
  [`select avg(v) from (values (null::vector)) t(v)`, null],
  [`'[1,2]'::halfvec(2) <-> '[4,6]'`, '5'],
  [`'{1:1,3:2}/5'::sparsevec(5) <#> '{3:2}/5'`, '-4'],
  [`'[1,0,2]'::vector::sparsevec`, '{1:1,3:2}/3'],
  [`'{1:1,3:2}/3'::sparsevec::vector`, '[1,0,2]'],
  [`B'1010' <~> B'0011'`, '2'],
  [`B'1010' <%> B'0011'`, '0.666666666666667'],
])('%s is %s', async (sql, expected) => {
  expect(await value(sql)).toBe(expected);
});

test.each([
  [`'[1,2]'::vector(3)`, 'expected 3 dimensions, not 2'],
  [`'[1,x]'::vector(2)`, 'invalid input syntax for type vector: "[1,x]"'],
  [`'1,2'::vector(2)`, 'invalid input syntax for type vector: "1,2"'],
  [`'[]'::vector(1)`, 'vector must have at least 1 dimension'],
  [`'[NaN]'::vector(1)`, 'NaN not allowed in vector'],
  [`'[Infinity]'::vector(1)`, 'infinite value not allowed in vector'],
  [`array[1,null]::vector`, 'array must not contain nulls'],
  [`'[1,2]'::vector <-> '[1]'`, 'different vector dimensions 2 and 1'],
  [`'{}/3'::sparsevec(2)`, 'expected 2 dimensions, not 3'],
])('%s: %s', async (sql, error) => {
  await expect(value(sql)).rejects.toThrow(error);
});

describe('through the API', () => {
  test('reads, writes and calls', async () => {
    const api = stack.client();
    expect((await api.from('d').select().eq('id', 1)).data).toEqual([{ id: 1, e: '[1,2,3]' }]);
    expect(
      (
        await api
          .from('d')
          .insert({ id: 7, e: [1, 2, 4] })
          .select()
      ).data,
    ).toEqual([{ id: 7, e: '[1,2,4]' }]);
    expect((await api.from('d').insert({ id: 8, e: '[1,2]' })).error).toMatchObject({
      message: 'expected 3 dimensions, not 2',
    });
    expect((await api.rpc('match_d', { query_embedding: '[1,2,3]', match_count: 1 })).data).toEqual([
      { id: 1, similarity: 1 },
    ]);
  });

  test('moves to another schema, and searches 300 rows of 1,536 dimensions', async () => {
    await client.query(`create table big as select i as id, (select array_agg(random()) from generate_series(1, 1536) where i > 0)::vector(1536) as e
      from generate_series(1, 300) as i`);
    const { rows } = await client.query(
      'select id from big order by e <=> (select e from big where id = 5) limit 1',
    );
    expect(rows).toEqual([{ id: 5 }]);
    await client.query('alter extension vector set schema public');
    expect(await value(`'[1,2,3]'::public.vector <-> '[4,6,3]'`)).toBe('5');
  });
});
