import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { BROKEN_SQL, CASES, type Actors } from './cases.ts';
import { HintLines } from './hint-lines.ts';

const terminal = new HintLines();
const table = new Map<string, string>();
let stack: TestStack;
let actors: Actors;

beforeAll(async () => {
  stack = await startTestStack(
    { 'supabase/migrations/1_broken.sql': BROKEN_SQL },
    { logger: terminal.logger },
  );
  const user = stack.client();
  const { data, error } = await user.auth.signUp({ email: 'anna@example.com', password: 'password' });
  if (error) throw error;
  actors = { stack, anon: stack.client(), user, userId: data.user?.id ?? '' };
});

afterAll(async () => {
  await stack.stop();
});

describe('the terminal names the cause', () => {
  test.each(CASES)('$question', async ({ question, act, cause }) => {
    const [line] = await Promise.all([terminal.waitFor(cause), act(actors)]);
    expect(line).toMatch(cause);
    table.set(question, line);
  });

  test('in the documentation as here', async () => {
    if (table.size !== CASES.length) return;
    const rows = [...table].map(
      ([question, line]) => `| ${escape(question)} | ${escape(withoutTimes(line))} |`,
    );
    const text = `${HEAD}${rows.join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('../../../docs/why.md');
  });
});

const HEAD = `# Why?

When a request is refused, has no rows or is not delivered, the terminal says once why and what to do (option \`log\`,
[configuration.md](configuration.md)). \`vite-plugin-supabase doctor\` and Studio use the same words. This table is written by
\`test/stack/explain/terminal.test.ts\`, which makes each of these set-ups and reads the terminal.

| question | what the terminal says |
|---|---|
`;

function escape(text: string): string {
  return text
    .replace(/^Supabase: /, '')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;');
}

/** Times, sizes and ports differ between two runs. */
function withoutTimes(line: string): string {
  return line
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '2026-01-01 12:00:00 UTC')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://localhost:5173')
    .replaceAll(/took \d\.\d s/g, 'took 1.1 s')
    .replaceAll(/[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/g, '…');
}
