import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Message } from '../messages/message.ts';
import { supabase } from '../model/supabase.ts';
import { isSearchable, type Search } from './parse-search.ts';

/** The server returns at most this many messages, newest first. */
export const MAX_RESULTS = 30;

/** Full-text search in all channels of a family; each word also matches longer words that begin with it. */
export function searchQuery(familyId: string, search: Search) {
  return queryOptions({
    queryKey: ['search', familyId, search],
    enabled: isSearchable(search),
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Message[]> => {
      const { words, authorId, channelId, hasImages, hasFiles, before } = search;
      const { data } = await supabase
        .rpc('search_messages', {
          family_id: familyId,
          query: words,
          author_id: authorId,
          channel_id: channelId,
          has_images: hasImages,
          has_files: hasFiles,
          before,
        })
        .abortSignal(signal)
        .throwOnError();
      return data;
    },
  });
}
