import { afterAll, beforeAll, expect, test } from 'vitest';
import { findLocalStack } from '../../../plugin/backend/detect.ts';
import { probeEmbedded } from '../../../plugin/backend/probe.ts';
import { isForeignStack } from '../../../plugin/backend/same-project.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { makeProject } from '../../helpers/project.ts';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

let stack: TestStack;
let empty: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ 'supabase/migrations/20260101000000_items.sql': 'create table items ();' });
  empty = await startTestStack();
});
afterAll(async () => {
  await stack.stop();
  await empty.stop();
});

/** Whether the stack with the database at `dbUrl` is foreign to a project with these migrations. */
async function ask(dbUrl: string, ...versions: string[]): Promise<boolean | undefined> {
  const migrations = versions.map((version) => [`supabase/migrations/${version}_x.sql`, 'select 1;']);
  await using project = await makeProject(Object.fromEntries(migrations));
  const overrides = { db: { port: Number(new URL(dbUrl).port) } };
  // Awaited here: the project is removed when this returns.
  return await isForeignStack(await loadConfig(project.root, { overrides }));
}

test('a stack with a migration of this project is this project’s', async () => {
  expect(await ask(stack.dbUrl, '20260101000000', '20260202000000')).toBe(false);
});

test('a stack with other migrations, or without any where this project has some, is another project’s', async () => {
  expect(await ask(stack.dbUrl, '20260303000000')).toBe(true);
  expect(await ask(stack.dbUrl)).toBe(true);
  expect(await ask(empty.dbUrl, '20260303000000')).toBe(true);
});

test('it is unknown without migrations on either side, or without a database', async () => {
  expect(await ask(empty.dbUrl)).toBeUndefined();
  expect(await ask('postgresql://127.0.0.1:1/', '20260101000000')).toBeUndefined();
});

test('an embedded stack is never mistaken for a stack of the Supabase CLI', async () => {
  expect(await probeEmbedded(new URL(stack.url))).toBe(true);
  const config = await loadConfig('/nowhere', {
    overrides: { api: { port: Number(new URL(stack.url).port) } },
  });
  const keys = { ...stack, jwks: undefined };
  const found = await findLocalStack({ config, keys, env: {} });
  expect(found).toMatchObject({ ok: false, reason: expect.stringContaining('another project') });
});
