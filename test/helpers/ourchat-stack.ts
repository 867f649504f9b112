import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { SupabaseClient } from '@supabase/supabase-js';
import type { Database } from '../../app/model/database.ts';
import { startTestStack, type TestStack } from './stack.ts';

const SUPABASE_DIR = fileURLToPath(new URL('../../supabase', import.meta.url));

/**
 * Starts a stack with OurChat's migrations and without the demo family.
 *
 * @param config text of config.toml; by default OurChat's
 * @param secrets variables of the edge functions; without them there are no functions
 */
export async function startOurChatStack({
  config,
  secrets,
}: {
  config?: string;
  secrets?: Readonly<Record<string, string>>;
} = {}): Promise<TestStack> {
  const ours = await readFile(`${SUPABASE_DIR}/config.toml`, 'utf8');
  const files: Record<string, string> = {
    // Without the demo family's pictures.
    'supabase/config.toml': config ?? ours.replaceAll(/^objects_path = .*$/gm, ''),
  };
  for (const folder of ['migrations', ...(secrets ? ['functions/link-preview'] : [])]) {
    for (const name of await readdir(`${SUPABASE_DIR}/${folder}`)) {
      files[`supabase/${folder}/${name}`] = await readFile(`${SUPABASE_DIR}/${folder}/${name}`, 'utf8');
    }
  }
  return startTestStack(files, secrets ? { config: { edge_runtime: { secrets } } } : {});
}

export type OurChatClient = SupabaseClient<Database>;

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly client: OurChatClient;
}

/** Signs somebody up through the API, with a real session. */
export async function signUpPerson(stack: TestStack, name: string): Promise<Person> {
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
