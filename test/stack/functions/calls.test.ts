import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack(
    {
      'supabase/config.toml': '[functions.open]\nverify_jwt = false\n',
      'supabase/functions/hello/index.ts': `Deno.serve(async (req: Request) => {
      const { name } = await req.json();
      return Response.json({ message: \`Hello \${name}!\`, url: req.url, method: req.method });
    });`,
      'supabase/functions/open/index.ts': `export default { fetch: (req: Request) => new Response('open ' + new URL(req.url).pathname) };`,
    },
    { logger: { info: print, warn: print, error: print } },
  );
});

function print(text: string): void {
  lines.push(text);
  process.stderr.write(text + '\n');
}
const lines: string[] = [];

afterAll(() => stack.stop());

describe('a call', () => {
  test('by supabase.functions.invoke reaches the function', async () => {
    const { data, error } = await stack.client().functions.invoke('hello', { body: { name: 'Ada' } });
    expect(error).toBe(null);
    expect(data).toEqual({ message: 'Hello Ada!', url: `${stack.url}/hello`, method: 'POST' });
  });

  test('reaches a function that exports fetch, with its path', async () => {
    const response = await fetch(`${stack.url}/functions/v1/open/a/b?c=1`);
    expect([response.status, await response.text()]).toEqual([200, 'open /open/a/b']);
  });
});
