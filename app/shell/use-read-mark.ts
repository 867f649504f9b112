import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { countUnread, markRead, progressQuery, raiseProgress } from '../model/unread.ts';

/**
 * Marks the channel read while its newest message is in view of somebody who is there.
 *
 * @returns how far it had been read when it was opened; undefined until that is known
 */
export function useReadMark(
  familyId: string,
  channelId: string,
  newest: number | undefined,
  isAtEnd: boolean,
): number | undefined {
  const queryClient = useQueryClient();
  const { data } = useQuery(progressQuery(familyId));
  const progress = data?.[channelId];
  const [openedAt, setOpenedAt] = useState<number | undefined>(undefined);
  if (openedAt === undefined && data) {
    // Everything unread in a channel that was never opened is news; nothing is when all of it is read.
    setOpenedAt(countUnread(progress) === 0 ? Number.MAX_SAFE_INTEGER : (progress?.readPosition ?? 0));
  }
  const readPosition = progress?.readPosition ?? 0;
  useEffect(() => {
    if (!isAtEnd || newest === undefined || newest <= readPosition) return undefined;
    const mark = (): void => {
      if (document.visibilityState !== 'visible') return;
      raiseProgress(queryClient, familyId, channelId, { readPosition: newest });
      // Lost with the connection? The next message or the next visit marks it again.
      markRead(channelId, newest).catch(() => {});
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [queryClient, familyId, channelId, newest, isAtEnd, readPosition]);
  return openedAt;
}
