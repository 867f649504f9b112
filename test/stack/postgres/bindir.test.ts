import { expect, test } from 'vitest';
import pg from 'pg';
import { exists } from '../../../plugin/shared/files.ts';
import { startTestStack } from '../../helpers/stack.ts';

// Debian's package.
const binDir = '/usr/lib/postgresql/15/bin';
const isInstalled = await exists(`${binDir}/postgres`);

test.runIf(isInstalled)('runs another installation, down to PostgreSQL 15', async () => {
  const files = {
    'supabase/migrations/1_items.sql':
      'create table items (id int primary key); insert into items values (7);',
  };
  await using stack = await startTestStack(files, { postgres: { binDir } });
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  const { rows } = await client.query('show server_version_num');
  await client.end();
  expect(rows[0].server_version_num).toMatch(/^15/);
  expect((await stack.client().from('items').select()).data).toEqual([{ id: 7 }]);
});

test('reports a folder without PostgreSQL', async () => {
  await expect(startTestStack({}, { postgres: { binDir: '/nowhere' } })).rejects.toMatchObject({
    code: 'POSTGRES_MISSING',
  });
});
