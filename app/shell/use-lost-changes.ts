import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Conversation } from '../messages/conversation.ts';
import { progressQuery } from '../model/unread.ts';

/**
 * Detects missed live changes: if the database has a newer revision than the loaded conversation, fetches the
 * difference. Right after a change the two differ for a moment; catching up then finds nothing new and costs
 * little.
 */
export function useLostChanges(familyId: string, conversation: Conversation): void {
  const { data } = useQuery(progressQuery(familyId));
  const known = data?.[conversation.channelId]?.lastRevision ?? 0;
  useEffect(() => {
    if (known > conversation.lastRevision) void conversation.catchUp();
  }, [known, conversation]);
}
