import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startStack, type Stack, type StackOptions } from '../../../plugin/start-stack.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';
import { query } from './helpers.ts';

// Templates and snapshots survive the process that has made them.

async function project(files: Readonly<Record<string, string>>): Promise<{ root: string }> {
  const made = await makeProject(files);
  onTestEnd(() => made.remove());
  return made;
}

async function withStack(
  root: string,
  use: (stack: Stack) => Promise<void>,
  config: StackOptions['config'] = {},
): Promise<void> {
  await using stack = await startStack({
    root,
    dataDir: join(root, '.supabase'),
    port: 0,
    dbPort: 0,
    config,
  });
  await use(stack);
}

test(
  'copies of what an earlier start made reach the services of this one',
  { timeout: 120_000 },
  async () => {
    const server = createServer((_, res) => void res.end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestEnd(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { root } = await project({
      'supabase/migrations/1_a.sql': 'create extension http with schema extensions;',
    });
    const ask = async (of: { readonly dbUrl: string }): Promise<void> =>
      expect(await query(of, `select status from extensions.http_get('http://127.0.0.1:${port}')`)).toEqual([
        { status: 200 },
      ]);
    await withStack(root, async (stack) => {
      await stack.reset();
      await stack.snapshot('kept');
    });
    await withStack(root, async (stack) => {
      await stack.reset();
      await ask(stack);
      await using fork = await stack.fork();
      await ask(fork);
      await stack.restore('kept');
      await ask(stack);
    });
  },
);

test('a snapshot of an earlier start gets what this one adds to a database', async () => {
  const { root } = await project({ 'supabase/migrations/1_a.sql': 'create table items (id int);' });
  await withStack(root, async (stack) => {
    await query(stack, 'insert into items values (1)');
    await stack.snapshot('kept');
  });
  await withStack(
    root,
    async (stack) => {
      await stack.restore('kept');
      const secrets = `select decrypted_secret from vault.decrypted_secrets where name = 'key'`;
      expect(await query(stack, secrets)).toEqual([{ decrypted_secret: 'value' }]);
      expect(await query(stack, 'select id from items')).toEqual([{ id: 1 }]);
    },
    { db: { vault: { key: 'value' } } },
  );
});
