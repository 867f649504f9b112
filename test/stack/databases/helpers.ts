import pg from 'pg';
import { afterEach } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

const stacks: TestStack[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
});

/** A stack with these files, which ends with the test. */
export async function start(files: Readonly<Record<string, string>>): Promise<TestStack> {
  const stack = await startTestStack(files);
  stacks.push(stack);
  return stack;
}

/** Runs SQL as role `postgres`. */
export async function query(
  stack: { readonly dbUrl: string },
  text: string,
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(stack.dbUrl);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
