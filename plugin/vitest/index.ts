import { test as base, type TestAPI } from 'vitest';
import { forkOfFile, takeFork } from './fork.ts';
import { createTestSupabase, type TestSupabase } from '../testing/test-supabase.ts';

export type { TestMail } from '../testing/mails.ts';
export type { SignedIn, TestSupabase } from '../testing/test-supabase.ts';
export type { NewUser } from '../testing/users.ts';

interface Fixtures {
  /** A Supabase with the project's migrations and seed. */
  supabase: TestSupabase;
}

/**
 * Vitest's `test` with a fixture `supabase`: one database for each test file, with the project's migrations and seed.
 *
 * @example
 * test('a note belongs to its author', async ({ supabase }) => {
 *   const { client } = await supabase.signIn();
 *   await client.from('notes').insert({ body: 'mine' });
 *   expect((await supabase.anon.from('notes').select()).data).toEqual([]);
 * });
 */
export const test: TestAPI<Fixtures> = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the names of used fixtures from this pattern
  supabase: [({}, use) => provide(use), { scope: 'file' }],
});

/** The same with a new database for each test. */
export const isolatedTest: TestAPI<Fixtures> = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the names of used fixtures from this pattern
  supabase: ({}, use) => provide(use, { isNew: true }),
});

async function provide(
  use: (supabase: TestSupabase) => Promise<void>,
  { isNew = false } = {},
): Promise<void> {
  const given = isNew ? undefined : forkOfFile();
  const fork = given ?? (await takeFork());
  const { supabase, close } = createTestSupabase(fork);
  try {
    await use(supabase);
  } finally {
    await close();
    if (!given) await fork.stop();
  }
}
