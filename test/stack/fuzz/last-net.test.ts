import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformWithOxc } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeProject, type TestProject } from '../../helpers/project.ts';

const SOURCE = new URL('../../../plugin/gateway/last-net.ts', import.meta.url);
const REPORT = 'supabase: an error was caught nowhere; please report it\n';

/** The net in the folders of the package, beside a service and another package that fail. */
let project: TestProject;

beforeAll(async () => {
  const { code } = await transformWithOxc(await readFile(SOURCE, 'utf8'), 'last-net.ts');
  const failing = `export function fail() { throw new Error('fault'); }
    export async function reject() { throw new Error('fault'); }`;
  project = await makeProject({
    'package.json': '{"type":"module"}',
    'dist/gateway/last-net.js': code,
    'dist/stack/realtime/service.js': failing,
    'other/package.js': failing,
  });
});

afterAll(() => project.remove());

/** Runs a program in which `ours` and `other` can fail; prints what the net reports, and "alive" at the end. */
async function run(body: string): Promise<{ code: number; stdout: string; stderr: string }> {
  await project.write(
    'main.js',
    `import { spreadLastNet } from './dist/gateway/last-net.js';
    import * as ours from './dist/stack/realtime/service.js';
    import * as other from './other/package.js';
    const end = spreadLastNet({ error: (message) => console.log(message.split('\\n')[0]) });
    setTimeout(() => console.log('alive'), 100);
    ${body}`,
  );
  try {
    const program = await promisify(execFile)(process.execPath, [join(project.root, 'main.js')]);
    return { code: 0, ...program };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('the last net', () => {
  test.each([
    ['a promise', 'for (let i = 0; i < 3; i++) void ours.reject();'],
    ['a timer', 'for (let i = 0; i < 3; i++) setTimeout(() => ours.fail(), i);'],
    ['setImmediate', 'for (let i = 0; i < 3; i++) setImmediate(() => ours.fail());'],
    [
      'an event',
      `process.stdin.on('x', () => ours.fail()); for (let i = 0; i < 3; i++) setTimeout(() => process.stdin.emit('x'));`,
    ],
  ])('keeps serving after errors of our code in %s, and reports them once', async (_where, body) => {
    expect(await run(body)).toMatchObject({ code: 0, stdout: `${REPORT}alive\n` });
  });

  test.each([
    ['an error of other code', 'setTimeout(() => other.fail());'],
    ['a rejection of other code', 'void other.reject();'],
    ['an error that is none', `void Promise.reject('fault');`],
    ['our error after its end', 'end(); void ours.reject();'],
  ])('leaves the process to end by %s', async (_what, body) => {
    const { code, stdout, stderr } = await run(body);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('fault');
  });

  test('leaves an error of other code to other listeners', async () => {
    const body = `process.on('uncaughtException', () => console.log('other')); setTimeout(() => other.fail());`;
    expect(await run(body)).toMatchObject({ code: 0, stdout: 'other\nalive\n' });
  });
});
