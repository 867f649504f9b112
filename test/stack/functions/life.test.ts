import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive, waitForEnd } from '../../../plugin/stack/postgres/server-process.ts';
import { startDevServer } from '../../helpers/dev-server.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeViteProject } from '../../helpers/vite-project.ts';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

const PID = `Deno.serve(() => new Response(String(Deno.pid)));`;

async function start(...options: Parameters<typeof startFunctions>): Promise<FunctionsStack> {
  const stack = await startFunctions(...options);
  onTestEnd(() => stack.stop());
  return stack;
}

const pidOf = async (response: Response): Promise<number> => Number(await response.text());

describe('a function’s process', () => {
  test('starts with the first call, serves the later ones and ends with the stack', async () => {
    const stack = await startFunctions({ one: PID, two: PID });
    const [first, second, other] = [
      await pidOf(await stack.call('one')),
      await pidOf(await stack.call('one')),
      await pidOf(await stack.call('two')),
    ];
    expect(first).toBe(second);
    expect(first).not.toBe(other);
    await stack.stop();
    expect([isAlive(first), isAlive(other)]).toEqual([false, false]);
  });

  test('is one for calls that come at once', async () => {
    const stack = await start({ one: PID });
    const pids = await Promise.all(Array.from({ length: 20 }, async () => pidOf(await stack.call('one'))));
    expect(new Set(pids).size).toBe(1);
  });

  test('tells the function that it ends, and waits for what it gave to waitUntil', async () => {
    const stack = await startFunctions({
      late: `const ends = new Promise((resolve) => addEventListener('beforeunload', (e) => {
          console.log('ends: ' + (e as CustomEvent).detail.reason);
          setTimeout(resolve, 100);
        }));
        Deno.serve(() => {
          EdgeRuntime.waitUntil(ends.then(() => console.log('work done')));
          return new Response('answered');
        });`,
    });
    expect(await (await stack.call('late')).text()).toBe('answered');
    await stack.stop();
    expect(stack.lines.join('\n')).toMatch(/ends: termination[^]*work done/);
  });
});

describe('after kill -9 of the dev server', () => {
  test.each(['idle', 'busy'])('a function that is %s ends too', async (state) => {
    const project = await makeViteProject({
      'supabase/config.toml': '[api]\nport = 1\n[db]\nport = 0\n[functions.one]\nverify_jwt = false\n',
      'supabase/functions/one/index.ts': `Deno.serve((req) => {
        if (req.method === 'POST') { console.log('busy now'); for (;;); }
        return new Response(String(Deno.pid));
      });`,
    });
    const server = await startDevServer(project.root);
    const url = `${server.url}/functions/v1/one`;
    const pid = await pidOf(await fetch(url));
    if (state === 'busy') {
      fetch(url, { method: 'POST' }).catch(() => {});
      await server.waitForOutput(/busy now/);
    }
    await server.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
    const [postgres] = (
      await readFile(join(project.root, '.supabase/postgres/postmaster.pid'), 'utf8')
    ).split('\n');
    process.kill(Number(postgres), 'SIGINT');
    await waitForEnd(Number(postgres), 10_000);
    await project.remove();
  });
});
