import type { SupabaseClient } from '@supabase/supabase-js';
import { type OurChatClient, type Person, signUpPerson } from './ourchat-person.ts';

/** Everyone who may try to access the data of a family. */
export const EVERYONE = ['anonymous', 'stranger', 'former', 'member', 'owner'] as const;
export type Who = (typeof EVERYONE)[number];

export interface TestFamily {
  readonly people: Readonly<Record<Exclude<Who, 'anonymous'>, Person>>;
  readonly clients: Readonly<Record<Who, OurChatClient>>;
  readonly familyId: string;
  /** Its first channel. */
  readonly channelId: string;
}

/**
 * Creates a family with two members, a former member, and a stranger with another family; each with a real session.
 *
 * @param beforeLeaving runs while the former member still belongs to it
 */
export async function foundFamily(
  stack: { client(): SupabaseClient },
  beforeLeaving: (family: TestFamily) => Promise<void> = async () => {},
): Promise<TestFamily> {
  const [owner, member, former, stranger] = await Promise.all([
    signUpPerson(stack, 'Olga'),
    signUpPerson(stack, 'Max'),
    signUpPerson(stack, 'Fred'),
    signUpPerson(stack, 'Stella'),
  ]);
  const { data: created } = await owner.client.rpc('create_family', { name: 'Family' }).throwOnError();
  await stranger.client.rpc('create_family', { name: 'Strangers' }).throwOnError();
  for (const { client } of [member, former]) {
    await client.rpc('join_family', { code: created.invite_code }).throwOnError();
  }
  const { data: channel } = await owner.client.from('channels').select().single().throwOnError();
  const family: TestFamily = {
    people: { owner, member, former, stranger },
    clients: {
      owner: owner.client,
      member: member.client,
      former: former.client,
      stranger: stranger.client,
      anonymous: stack.client(),
    },
    familyId: created.id,
    channelId: channel.id,
  };
  await beforeLeaving(family);
  await former.client.rpc('leave_family', { family_id: created.id }).throwOnError();
  return family;
}
