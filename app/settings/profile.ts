import { queryOptions } from '@tanstack/react-query';
import type { Tables } from '../model/database.types.ts';
import { supabase } from '../model/supabase.ts';

export type Profile = Tables<'users'>;

/** The values of public.users.color; styles/tokens.css defines them. */
export const COLORS = [
  'blue',
  'teal',
  'green',
  'olive',
  'amber',
  'orange',
  'red',
  'pink',
  'violet',
  'slate',
] as const;

export function profileQuery(userId: string) {
  return queryOptions({
    queryKey: ['profile', userId],
    queryFn: async (): Promise<Profile> => {
      const { data } = await supabase.from('users').select('*').eq('id', userId).single().throwOnError();
      return data;
    },
  });
}

export async function saveProfile(input: { userId: string; name: string; color: string }): Promise<void> {
  await supabase
    .from('users')
    .update({ display_name: input.name, color: input.color })
    .eq('id', input.userId)
    .throwOnError();
}
