import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Conversation } from '../messages/conversation.ts';
import { progressQuery } from '../model/unread.ts';

/**
 * Trusts live changes, and checks: when the database counts further than what is loaded, something was lost on its way and
 * is fetched. Right after a change the two differ for a moment; then catching up finds nothing new and costs little.
 */
export function useLostChanges(familyId: string, conversation: Conversation): void {
  const { data } = useQuery(progressQuery(familyId));
  const known = data?.[conversation.channelId]?.lastRevision ?? 0;
  useEffect(() => {
    if (known > conversation.lastRevision) void conversation.catchUp();
  }, [known, conversation]);
}
