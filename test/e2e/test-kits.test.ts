import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installPackage } from '../helpers/installed-package.ts';
import { makeProject, type TestProject } from '../helpers/project.ts';

/** The set-up that docs/testing.md shows. */
const CONFIG = `import supabase from 'vite-plugin-supabase';
import { defineConfig } from 'vitest/config';
export default defineConfig({
  plugins: [supabase()],
  test: {
    globalSetup: ['vite-plugin-supabase/vitest/global-setup'],
    setupFiles: ['vite-plugin-supabase/vitest/setup'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    include: ['with/*.test.js'],
  },
});
`;

const KEYS = `
import { createClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
export const app = createClient(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY, {
  realtime: { transport: WebSocket },
});
`;

/** Each file adds the same row: it succeeds in a database of its own only. */
const FILE = `
import { expect } from 'vitest';
import { isolatedTest, test } from 'vite-plugin-supabase/vitest';
import { app } from '../client.js';
test('has the seed, and the client of the app', async ({ supabase }) => {
  expect((await supabase.admin.from('notes').select('id')).data).toEqual([{ id: 1 }]);
  expect((await app.from('notes').select()).data).toEqual([]);
  expect(await supabase.sql('select count(*)::int as notes from notes')).toEqual([{ notes: 1 }]);
});
test('signs users in, whose rows are their own', async ({ supabase }) => {
  const [anna, ben] = [await supabase.signIn(), await supabase.signIn({ email: 'ben@example.com' })];
  expect((await anna.client.from('notes').insert({ id: 2, author: anna.user.id })).error).toBeNull();
  expect((await anna.client.from('notes').select('id')).data).toEqual([{ id: 2 }]);
  expect((await ben.client.from('notes').select('id')).data).toEqual([]);
  await supabase.anon.auth.resetPasswordForEmail('ben@example.com');
  expect(await supabase.mailTo('ben@example.com')).toMatchObject({ subject: expect.any(String), link: expect.stringContaining('/auth/v1/verify') });
});
for (const name of ['first', 'second'])
  isolatedTest('a database of its own: ' + name, async ({ supabase }) => {
    expect((await supabase.admin.from('notes').insert({ id: 5 }).select('id')).data).toEqual([{ id: 5 }]);
    expect(await supabase.sql('select count(*)::int as notes from notes')).toEqual([{ notes: 2 }]);
  });
`;

let project: TestProject;
beforeAll(async () => {
  project = await makeProject({
    'package.json': '{ "type": "module" }',
    'vitest.config.js': CONFIG,
    'without.config.js':
      "import supabase from 'vite-plugin-supabase';\nexport default { plugins: [supabase()], test: { include: ['without/*.test.js'] } };\n",
    'client.js': KEYS,
    'with/a.test.js': FILE,
    'with/b.test.js': FILE,
    'without/c.test.js':
      "import { expect, test } from 'vitest';\nimport { app } from '../client.js';\ntest('loads', () => expect(app.auth).toBeDefined());\n",
    'supabase/config.toml': '[api]\nauto_expose_new_tables = true\n',
    'supabase/migrations/1_notes.sql': `create table notes (id int primary key, author uuid);
      alter table notes enable row level security;
      create policy own on notes to authenticated using (author = auth.uid()) with check (author = auth.uid());`,
    'supabase/seed.sql': 'insert into notes values (1);',
  });
  await installPackage(project.root, {}, ['ws']);
});
afterAll(() => project.remove());

async function runVitest(config: string): Promise<{ code: number | null; output: string }> {
  const vitest = join(await realpath(join(project.root, 'node_modules/vitest')), 'vitest.mjs');
  const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, ...env } = process.env;
  const child = spawn(process.execPath, [vitest, 'run', '--config', config, '--maxWorkers=2'], {
    cwd: project.root,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors] = [text(child.stdout), text(child.stderr)];
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, output: (await out) + (await errors) };
}

test('each test file, or each test, has its own database', async () => {
  const { code, output } = await runVitest('vitest.config.js');
  expect([code, output]).toEqual([0, expect.stringMatching(/Tests {2}8 passed/)]);
});

test('without the kit a module that creates a client can be loaded', async () => {
  const { code, output } = await runVitest('without.config.js');
  expect([code, output]).toEqual([0, expect.stringMatching(/Tests {2}1 passed/)]);
});
