import pg from 'pg';
import { expect, test } from 'vitest';
import { startStorageStack } from './helpers/storage-stack.ts';

test('statements that were prepared on an empty bucket do not read all objects of a full one', async () => {
  await using stack = await startStorageStack({
    'supabase/config.toml': '[storage.buckets.b]\npublic = true\n',
  });
  const headers = {
    authorization: `Bearer ${stack.services.keys.serviceRoleKey}`,
    'content-type': 'text/plain',
  };
  const cycle = async (name: string): Promise<void> => {
    const put = await fetch(`${stack.url}/object/b/${name}`, { method: 'PUT', headers, body: 'x' });
    const get = await fetch(`${stack.url}/object/authenticated/b/${name}`, { headers });
    const info = await fetch(`${stack.url}/object/info/public/b/${name}`);
    expect([put.status, get.status, info.status]).toEqual([200, 200, 200]);
  };
  // PostgreSQL keeps a plan from the sixth execution on; requests one after the other use one connection.
  for (let time = 0; time < 10; time += 1) await cycle('a');
  const client = new pg.Client(stack.services.database.connection('supabase_admin'));
  await client.connect();
  // As autovacuum does after a minute; the next one, which would make PostgreSQL plan again, comes too late.
  await client.query('alter table storage.objects set (autovacuum_enabled = false)');
  await client.query('analyze storage.objects');
  for (let time = 0; time < 10; time += 1) await cycle('a');
  await client.query(
    `insert into storage.objects (bucket_id, name) select 'b', 'n' || i from generate_series(1, 20000) i`,
  );
  for (let time = 0; time < 5; time += 1) await cycle(`b${time}`);
  // Connections report what they read before they end.
  await stack.services.services.storage?.close();
  const connections = `select from pg_stat_activity where usename = 'supabase_storage_admin'`;
  await expect.poll(async () => (await client.query(connections)).rowCount).toBe(0);
  const { rows } = await client.query<{ read: string }>(
    `select seq_tup_read as read from pg_stat_user_tables where schemaname = 'storage' and relname = 'objects'`,
  );
  expect(Number(rows[0]?.read)).toBeLessThan(20_000);
  await client.end();
});
