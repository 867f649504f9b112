import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { forkOurChat, type OurChatFork } from '../helpers/ourchat-fork.ts';
import { type Person, signUpPerson } from '../helpers/ourchat-person.ts';

// The list of sessions reads a table of Auth, past every policy: whose rows does it show?

let stack: OurChatFork;
let anna: Person;
let ben: Person;

beforeAll(async () => {
  stack = await forkOurChat();
  [anna, ben] = await Promise.all([signUpPerson(stack, 'Anna'), signUpPerson(stack, 'Ben')]);
});

afterAll(() => stack?.stop());

const sessions = async ({ client }: Person) => (await client.rpc('my_sessions').throwOnError()).data;

/** Signs the same person in once more. */
async function signInAgain({ client, ...person }: Person): Promise<Person> {
  const { data } = await client.auth.getUser();
  const other = stack.client() as unknown as Person['client'];
  await other.auth.signInWithPassword({ email: data.user?.email ?? '', password: 'correct horse battery' });
  return { ...person, client: other };
}

describe('the list of sessions', () => {
  test("has the caller's own only, this one first", async () => {
    const second = await signInAgain(anna);
    const [own, again, others] = await Promise.all([sessions(anna), sessions(second), sessions(ben)]);
    expect(own.map(({ is_current }) => is_current)).toEqual([true, false]);
    expect(again.map(({ is_current }) => is_current)).toEqual([true, false]);
    expect(own.map(({ id }) => id)).toEqual(again.map(({ id }) => id).toReversed());
    expect(others).toHaveLength(1);
    expect(own.map(({ id }) => id)).not.toContain(others[0]?.id);
    expect(own[0]).toMatchObject({ user_agent: expect.any(String), ip: expect.stringMatching(/^[\d.:]+$/) });
    expect(Date.now() - Date.parse(own[0]?.last_used_at ?? '')).toBeLessThan(60_000);
  });

  test('loses what is signed out elsewhere', async () => {
    await anna.client.auth.signOut({ scope: 'others' });
    expect((await sessions(anna)).map(({ is_current }) => is_current)).toEqual([true]);
    expect(await sessions(ben)).toHaveLength(1);
  });

  test('is not for callers without a session, and the table stays closed', async () => {
    expect((await stack.client().rpc('my_sessions')).error?.code).toBe('42501');
    const { error } = await anna.client
      .schema('auth' as 'public')
      .from('sessions' as 'users')
      .select('id');
    expect(error?.code).toBe('PGRST106');
  });

  test('has no secrets of the sessions', async () => {
    const [session] = await sessions(anna);
    expect(Object.keys(session ?? {}).toSorted()).toEqual(
      ['created_at', 'id', 'ip', 'is_current', 'last_used_at', 'user_agent'].toSorted(),
    );
  });
});
