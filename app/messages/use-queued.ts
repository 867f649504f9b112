import { useSyncExternalStore } from 'react';
import type { PendingEdit } from './edit-queue.ts';
import { useMessaging } from './messaging-context.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/**
 * Messages of a channel that the server does not have yet, oldest first; the same array until one of them changes.
 */
export function useOutgoing(channelId: string): readonly OutgoingMessage[] {
  const { queue } = useMessaging().outbox;
  return useSyncExternalStore(queue.subscribe, () => queue.inChannel(channelId));
}

/** The edit or deletion of a message that the server does not have yet. */
export function usePendingEdit(messageId: string | undefined): PendingEdit | undefined {
  const { queue } = useMessaging().edits;
  return useSyncExternalStore(queue.subscribe, () =>
    messageId === undefined ? undefined : queue.find(messageId),
  );
}
