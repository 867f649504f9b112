import type { SupabaseClient } from '@supabase/supabase-js';
import type { Database } from '../../app/model/database.ts';

export type OurChatClient = SupabaseClient<Database>;

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly client: OurChatClient;
}

/** Signs somebody up through the API, with a real session. */
export async function signUpPerson(stack: { client(): SupabaseClient }, name: string): Promise<Person> {
  const client = stack.client() as unknown as OurChatClient;
  const email = `${name.toLowerCase()}.${crypto.randomUUID()}@example.com`;
  const { data, error } = await client.auth.signUp({
    email,
    password: 'correct horse battery',
    options: { data: { display_name: name } },
  });
  if (error || !data.user) throw error ?? new Error('no user');
  return { id: data.user.id, name, client };
}
