import { queryOptions } from '@tanstack/react-query';
import type { Database } from '../model/database.ts';
import { supabase } from '../model/supabase.ts';

/** A device on which the user is signed in. */
export type UserSession = Database['public']['Functions']['my_sessions']['Returns'][number];

/** The user's sessions, this one first, then by last use. */
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: async (): Promise<UserSession[]> => {
    const { data } = await supabase.rpc('my_sessions').throwOnError();
    return data;
  },
  staleTime: 0,
});
