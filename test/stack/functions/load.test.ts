import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFunctions, type FunctionsStack } from './start-functions.ts';

let stack: FunctionsStack;

beforeAll(async () => {
  stack = await startFunctions({
    double: `Deno.serve(async (req) => {
      const { n } = await req.json();
      await new Promise((resolve) => setTimeout(resolve, n % 7));
      return Response.json({ n, double: n * 2, path: new URL(req.url).pathname });
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
