import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

/** Whether there is a process with this id, be it one whose threads are still ending. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

let stack: FunctionsStack;

beforeAll(async () => {
  stack = await startFunctions(
    {
      syntax: `const a = 1;\nDeno.serve(( => new Response('x'));`,
      throws: `interface Typed { x: number }\n\nthrow new Error('at the top');`,
      missing: `import { x } from './nope.ts';\nDeno.serve(() => new Response(x));`,
      offline: `import x from 'https://127.0.0.1:1/remote.ts';\nDeno.serve(() => new Response(x));`,
      bare: `import x from 'not-mapped';\nDeno.serve(() => new Response(x));`,
      serverless: `export const nothing = 1;`,
      exits: `Deno.serve((req) => {
        if (req.method === 'DELETE') Deno.exit(3);
        if (req.method === 'PUT') Promise.reject(new Error('nobody catches this'));
        if (req.method === 'POST') return new Promise(() => {});
        return new Response('alive ' + Deno.pid);
      });`,
      busy: `Deno.serve((req) => { if (req.method === 'POST') for (;;); return new Response('free'); });`,
      hungry: `const kept: unknown[] = [];
        Deno.serve((req) => {
          if (req.method === 'POST') for (;;) kept.push(new Array(100_000).fill(Math.random()));
          return new Response('fed');
        });`,
    },
    {},
  );
});

afterAll(() => stack.stop());

describe('a function that does not start', () => {
  test.each([
    ['syntax', /expected/i, /syntax\/index\.ts:2:\d+/],
    ['throws', /at the top/, /throws\/index\.ts:3:7/],
    ['missing', /Module not found.*nope\.ts/, /missing\/index\.ts:1:\d+/],
    ['offline', /Import 'https:\/\/127\.0\.0\.1:1\/remote\.ts' failed/, /offline\/index\.ts:1:\d+/],
    ['bare', /"not-mapped" not a dependency/, /bare\/index\.ts:1:\d+/],
    ['serverless', /neither calls Deno\.serve/, /does not start/],
  ])('%s: the answer is BOOT_ERROR, and the terminal says why and where', async (slug, why, where) => {
    const response = await stack.call(slug);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      code: 'BOOT_ERROR',
      message: 'Worker failed to boot (please check logs)',
    });
    const at = stack.lines.findIndex((line) => line.includes(`The function "${slug}" does not start`));
    const report = stack.lines.slice(at, at + 8).join('\n');
    expect(report).toMatch(why);
    expect(report).toMatch(where);
  });
});

describe('a function whose process ends', () => {
  const WORKER_ERROR = {
    code: 'WORKER_ERROR',
    message: 'Function exited due to an error (please check logs)',
  };

  test('in a call is answered with WORKER_ERROR, and the next call works', async () => {
    const response = await stack.call('exits', { method: 'DELETE' });
    expect([response.status, await response.json()]).toEqual([500, WORKER_ERROR]);
    expect((await stack.call('exits')).status).toBe(200);
  });

  test('by an error that nobody catches is reported with its stack, and the next call works', async () => {
    await stack.call('exits', { method: 'PUT' });
    expect(await stack.printed(/nobody catches this/)).toContain('[exits]');
    expect(await stack.printed(/exits\/index\.ts:3:\d+/)).toContain('[exits]');
    await expect.poll(async () => (await stack.call('exits')).status).toBe(200);
  });

  test('by a kill in a call is answered with WORKER_ERROR, and the next call works', async () => {
    const pid = Number(/\d+/.exec(await (await stack.call('exits')).text())?.[0]);
    const pending = stack.call('exits', { method: 'POST' });
    const other = stack.call('exits', { method: 'POST' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(pid, 'SIGKILL');
    for (const response of [await pending, await other]) {
      expect([response.status, await response.json()]).toEqual([500, WORKER_ERROR]);
    }
    expect((await stack.call('exits')).status).toBe(200);
  });

  test('by a kill between calls does not fail the next one', async () => {
    for (let round = 0; round < 5; round++) {
      const pid = Number(/\d+/.exec(await (await stack.call('exits')).text())?.[0]);
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => exists(pid)).toBe(false);
      expect((await stack.call('exits')).status).toBe(200);
    }
  });
});

describe('a limit', () => {
  const WORKER_LIMIT = {
    code: 'WORKER_LIMIT',
    message: 'Worker failed to respond due to a resource limit (please check logs)',
  };

  test.each(['busy', 'hungry'])('that a function exceeds is answered with 546: %s', async (slug) => {
    const response = await stack.call(slug, { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([546, WORKER_LIMIT]);
    expect((await stack.call(slug)).status).toBe(200);
  });
});
