import { createServer } from 'node:http';
import { join, parse } from 'node:path';
import type { TestProject as VitestProject } from 'vitest/node';
import { expect, test } from 'vitest';
import { openAppFork } from '../../../plugin/playwright/app-fork.ts';
import { takeFork } from '../../../plugin/vitest/fork.ts';
import { createGlobalSetup } from '../../../plugin/vitest/global-setup.ts';
import { listen } from '../../helpers/gateway/support.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';

// Test runners print message and stack of an error.
async function printed(failing: Promise<unknown>): Promise<string | undefined> {
  const error = (await failing.catch((reason: unknown) => reason)) as Error;
  expect(error.stack).toBe(`${error.name}: ${error.message}`);
  return error.stack;
}

function setUp(root: string, options = {}): Promise<unknown> {
  return createGlobalSetup(options)({ config: { root }, provide: () => {} } as unknown as VitestProject);
}

test('the global set-up says which line of which migration fails', async () => {
  await using project = await makeProject({
    'supabase/migrations/1_notes.sql': 'create table notes (id int);\ncreate tabel more ();\n',
  });
  const text = await printed(setUp(join(project.root, 'supabase')));
  expect(text).toContain('MIGRATION_FAILED');
  expect(text).toContain('1_notes.sql:2:8: syntax error at or near "tabel" (SQLSTATE 42601)');
  expect(text).toContain('> 2 | create tabel more ();');
  expect(text).toContain('What to do: ');
});

test('the global set-up misses the folder supabase/', async () => {
  const { root } = parse(process.cwd());
  const text = await printed(setUp(root));
  expect(text).toContain(`no folder supabase/ in ${root} or above it`);
  expect(text).toContain('createGlobalSetup({ root })');
});

test('a test without the global set-up', async () => {
  expect(await printed(takeFork())).toContain('vite-plugin-supabase/vitest/global-setup');
});

test('Playwright without a dev server, or with another one', async () => {
  expect(await printed(openAppFork('http://localhost:1/'))).toContain('webServer in playwright.config');
  const other = createServer((_, res) => res.end('<!doctype html>'));
  onTestEnd(() => other.close());
  const { port } = await listen(other);
  const text = await printed(openAppFork(`http://localhost:${port}/app/`));
  expect(text).toContain(`http://localhost:${port} answers without Supabase (200)`);
});
