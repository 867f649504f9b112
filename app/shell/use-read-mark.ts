import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { countUnread, markRead, progressQuery, raiseProgress } from '../model/unread.ts';
import { closeNotification } from '../notifications/notify.ts';

/**
 * Marks the channel as read while its newest message is in view and the page is visible.
 *
 * @returns the read position when the channel was opened; undefined until it is known
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
    // With nothing unread there is no "New messages" line; in a channel never opened, all messages are new.
    setOpenedAt(countUnread(progress) === 0 ? Number.MAX_SAFE_INTEGER : (progress?.readPosition ?? 0));
  }
  const readPosition = progress?.readPosition ?? 0;
  useEffect(() => {
    if (!isAtEnd || newest === undefined || newest <= readPosition) return undefined;
    const mark = (): void => {
      if (document.visibilityState !== 'visible') return;
      raiseProgress(queryClient, familyId, channelId, { readPosition: newest });
      // If the request fails, the next message or visit marks the channel again.
      markRead(channelId, newest).catch(() => {});
      closeNotification(channelId).catch(() => {});
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [queryClient, familyId, channelId, newest, isAtEnd, readPosition]);
  return openedAt;
}
