import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFunction } from '../../../plugin/stack/functions/new-function.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';
import { startFunctions } from './start-functions.ts';

async function project(files: Readonly<Record<string, string>> = {}): Promise<TestProject> {
  const made = await makeProject(files);
  onTestEnd(() => made.remove());
  return made;
}

test('a new plain function runs as it is', async () => {
  const { root } = await project();
  const files = await newFunction({ root, name: 'hello-world', plain: true });
  const texts = await Promise.all(
    files.map(
      async (file) => [file.replaceAll('\\', '/'), await readFile(join(root, file), 'utf8')] as const,
    ),
  );
  const stack = await startFunctions({}, Object.fromEntries(texts));
  onTestEnd(() => stack.stop());
  const { data } = await stack.client().functions.invoke('hello-world', { body: { name: 'Ada' } });
  expect(data).toEqual({ message: 'Hello Ada!' });
});

test('a new function with @supabase/server is open to the runtime, once, and keeps config.toml', async () => {
  const { root } = await project({ 'supabase/config.toml': '[api]\nport = 54321' });
  await newFunction({ root, name: 'hello', plain: false });
  const config = await readFile(join(root, 'supabase/config.toml'), 'utf8');
  expect(config).toBe('[api]\nport = 54321\n[functions.hello]\nverify_jwt = false\n');
  await expect(newFunction({ root, name: 'hello', plain: false })).rejects.toThrow(/exists already/);
});

test.each(['', '..', '../x', 'a/b', 'a\\b', '_shared', '.hidden', 'a b', 'ä'])(
  'refuses the name "%s"',
  async (name) => {
    const { root } = await project();
    await expect(newFunction({ root, name, plain: true })).rejects.toThrow(/cannot be the name/);
  },
);
