import { queryOptions } from '@tanstack/react-query';
import { type Emoji, loadEmoji } from './emoji.ts';

export const NO_EMOJI: readonly Emoji[] = [];

/** All emoji, loaded once. */
export const emojiQuery = queryOptions({
  queryKey: ['emoji'],
  queryFn: loadEmoji,
  staleTime: Number.POSITIVE_INFINITY,
});
