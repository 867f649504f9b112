import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from '../../helpers/stack.ts';
import { BROKEN_SQL, subscribe } from './cases.ts';
import { HintLines } from './hint-lines.ts';

const terminal = new HintLines();
let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack(
    { 'supabase/migrations/1_broken.sql': BROKEN_SQL },
    { logger: terminal.logger },
  );
});

afterAll(async () => {
  await stack.stop();
});

const countOf = (pattern: RegExp): number => terminal.lines.filter((line) => pattern.test(line)).length;

describe('a hint', () => {
  test('is one line the first time, and counted afterwards', async () => {
    for (let i = 0; i < 10; i += 1) await stack.client().from('no_policy').select();
    await terminal.waitFor(/^Supabase: 10 times: 2 rows of public\.no_policy match/);
    expect(countOf(/2 rows of public\.no_policy/)).toBe(2);
    expect(terminal.lines.every((line) => !line.includes('\n'))).toBe(true);
  });

  test('is not given for ordinary answers without rows', async () => {
    const anon = stack.client();
    expect((await anon.from('unpublished').select()).data).toEqual([]);
    expect((await anon.from('customers').select().eq('id', 99)).data).toEqual([]);
    expect((await anon.from('customers').select().limit(0)).data).toEqual([]);
    await anon.from('closed').select();
    await terminal.waitFor(/no privilege to select rows of public\.closed/);
    expect(countOf(/unpublished|public\.customers/)).toBe(0);
  });

  test('is not given where policies choose the rows of a user who names none', async () => {
    const user = stack.client();
    await user.auth.signUp({ email: 'bea@example.com', password: 'password' });
    expect((await user.from('notes').select()).data).toEqual([]);
    expect((await user.from('notes').select().eq('id', 1)).data).toEqual([]);
    await terminal.waitFor(/1 row of public\.notes matches, and authenticated \(bea@example\.com\)/);
    expect(countOf(/public\.notes/)).toBe(1);
  });

  test('nor for changes that such a user does not get, unless a filter names the row', async () => {
    const user = stack.client();
    await user.auth.signUp({ email: 'cleo@example.com', password: 'password' });
    const change = { event: 'INSERT', schema: 'public', table: 'hidden' } as const;
    const insert = async (id: number): Promise<void> => {
      const { error } = await stack.client(stack.secretKey).from('hidden').insert({ id });
      expect(error).toBeNull();
    };
    await subscribe(user.channel('all').on('postgres_changes', change, () => {}));
    await insert(1);
    await user.removeAllChannels();
    await subscribe(user.channel('one').on('postgres_changes', { ...change, filter: 'id=eq.2' }, () => {}));
    await insert(2);
    await terminal.waitFor(/INSERT of public\.hidden \(id=2\) reached nobody/);
    expect(countOf(/public\.hidden/)).toBe(1);
  });

  test('cannot control the terminal, whatever a client sends', async () => {
    const hostile = '\u001b[2J\u001b]0;x\u0007\r\nSupabase: forged';
    const asked = `https://app.example/${hostile}`;
    await stack.client().from(hostile).select();
    await stack.client().auth.signInWithOtp({ email: 'd@example.com', options: { emailRedirectTo: asked } });
    await terminal.waitFor(/There is no table/);
    // oxlint-disable-next-line no-control-regex -- the very characters
    expect(terminal.lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(countOf(/^Supabase: forged/)).toBe(0);
  });

  test('does not change the answer', async () => {
    const { error, status } = await stack.client().from('closed').select();
    expect([status, error]).toMatchObject([
      401,
      { code: '42501', details: null, hint: null, message: 'permission denied for table closed' },
    ]);
  });
});

test.each([
  ['silent', false, false],
  ['hints', true, false],
  ['requests', true, true],
] as const)('the level %s', async (log, hasHints, hasRequests) => {
  const lines: string[] = [];
  const other = new HintLines();
  await using quiet = await startTestStack(
    {
      'supabase/migrations/1_t.sql':
        'create table t (id int); alter table t enable row level security; insert into t values (1)',
    },
    { log, logger: { ...other.logger, info: (line) => lines.push(line) } },
  );
  await quiet.client().from('t').select('id');
  if (hasHints) await other.waitFor(/no policy allows select to anon/);
  await quiet.stop();
  expect(other.lines.length > 0).toBe(hasHints);
  expect(lines.some((line) => /^Supabase: GET \/rest\/v1\/t\?select=id 200 [\d.]+ ms anon$/.test(line))).toBe(
    hasRequests,
  );
});
