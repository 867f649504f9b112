import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

let stack: FunctionsStack;

beforeAll(async () => {
  stack = await startFunctions({
    double: `Deno.serve(async (req) => {
      const { n } = await req.json();
      await new Promise((resolve) => setTimeout(resolve, n % 7));
      return Response.json({ n, double: n * 2, path: new URL(req.url).pathname, pid: Deno.pid });
    });`,
  });
});

afterAll(() => stack.stop());

test('1,000 calls, 50 at a time, each get their own answer', async () => {
  let next = 0;
  const wrong: unknown[] = [];
  const caller = async (): Promise<void> => {
    while (next < 1_000) {
      const n = next++;
      const response = await stack.call(`double/${n}`, { method: 'POST', body: JSON.stringify({ n }) });
      const answer = (await response.json()) as { n: number; double: number; path: string };
      if (answer.n !== n || answer.double !== n * 2 || answer.path !== `/double/${n}`)
        wrong.push([n, answer]);
    }
  };
  await Promise.all(Array.from({ length: 50 }, caller));
  expect(wrong).toEqual([]);
});

test('with its process killed again and again, 400 calls each get their own answer or a clear failure', async () => {
  let next = 0;
  let pid = 0;
  const wrong: unknown[] = [];
  const statuses = new Map<number, number>();
  const caller = async (): Promise<void> => {
    while (next < 400) {
      const n = next++;
      const response = await stack.call(`double/${n}`, { method: 'POST', body: JSON.stringify({ n }) });
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      const answer = (await response.json()) as { double?: number; code?: string; pid?: number };
      pid = answer.pid ?? pid;
      const isClear = response.status === 500 && answer.code === 'WORKER_ERROR';
      if (!isClear && answer.double !== n * 2) wrong.push([n, response.status, answer]);
      if (n % 80 === 40) process.kill(pid, 'SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: 20 }, caller));
  expect(wrong).toEqual([]);
  expect(statuses.get(200)).toBeGreaterThan(250);
  expect((await stack.call('double/1', { method: 'POST', body: '{"n":1}' })).status).toBe(200);
});
