import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Channel } from '../model/channel-queries.ts';
import { countUnread, progressQuery } from '../model/unread.ts';
import { setUnreadCount } from '../shared/page-title.ts';

/** Unread messages in the open channels of a family, also shown in the tab's title and icon. */
export function useUnreadSign(familyId: string, channels: readonly Channel[]): number {
  const { data: progress } = useQuery(progressQuery(familyId));
  const unread = channels
    .filter((channel) => channel.archived_at === null)
    .reduce((sum, channel) => sum + countUnread(progress?.[channel.id]), 0);
  useEffect(() => {
    setUnreadCount(unread);
    return () => setUnreadCount(0);
  }, [unread]);
  return unread;
}
