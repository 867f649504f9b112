import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestClient, startAuth, waitForMail, type TestStack } from './start-auth.ts';

let stack: TestStack;

beforeAll(async () => {
  stack = await startAuth();
});

afterAll(() => stack.stop());

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

async function signUp(email: string): Promise<{ id: string; refreshToken: string }> {
  const { data, error } = await createTestClient(stack).auth.signUp({ email, password: 'correct-horse' });
  expect(error).toBeNull();
  return { id: data.user?.id ?? '', refreshToken: data.session?.refresh_token ?? '' };
}

async function count(sql: string, values: unknown[]): Promise<number> {
  const db = stack.database.createPool('postgres');
  try {
    return Number((await db.query<{ count: string }>(sql, values)).rows[0]?.count);
  } finally {
    await db.end();
  }
}

test('50 concurrent refreshes of one token return the same new token', async () => {
  const { id, refreshToken } = await signUp('tabs@example.com');
  const answers = await times(50, () =>
    createTestClient(stack).auth.refreshSession({ refresh_token: refreshToken }),
  );
  expect(answers.filter(({ error }) => error !== null)).toEqual([]);
  expect(new Set(answers.map(({ data }) => data.session?.refresh_token)).size).toBe(1);
  expect(
    await count('select count(*) from auth.refresh_tokens where user_id = $1 and not revoked', [id]),
  ).toBe(1);
});

test('of 20 concurrent uses of a code one succeeds', async () => {
  const email = 'code@example.com';
  const { id } = await signUp(email);
  await createTestClient(stack).auth.signInWithOtp({ email });
  const token = /\b\d{6}\b/.exec((await waitForMail(stack, email)).Text)?.[0] ?? '';
  const answers = await times(20, () =>
    createTestClient(stack).auth.verifyOtp({ email, token, type: 'email' }),
  );
  expect(answers.filter(({ error }) => error === null)).toHaveLength(1);
  expect(new Set(answers.flatMap(({ error }) => error?.code ?? []))).toEqual(new Set(['otp_expired']));
  expect(await count('select count(*) from auth.sessions where user_id = $1', [id])).toBe(2);
});

test('20 concurrent sign-ups of one address create one user', async () => {
  const email = 'twin@example.com';
  const answers = await times(20, () =>
    createTestClient(stack).auth.signUp({ email, password: 'correct-horse' }),
  );
  expect(answers.filter(({ error }) => error === null)).toHaveLength(1);
  expect(new Set(answers.flatMap(({ error }) => error?.code ?? []))).toEqual(
    new Set(['user_already_exists']),
  );
  expect(await count('select count(*) from auth.users where email = $1', [email])).toBe(1);
  expect(await count('select count(*) from auth.identities where email = $1', [email])).toBe(1);
});
