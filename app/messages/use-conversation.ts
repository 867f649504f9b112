import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Conversation, ConversationSnapshot } from './conversation.ts';
import { useMessaging } from './messaging-context.ts';

/** A channel's messages, loaded or brought up to date when the component mounts. */
export function useConversation(channelId: string): [Conversation, ConversationSnapshot] {
  const messaging = useMessaging();
  const [conversation, setConversation] = useState(() => messaging.open(channelId));
  if (conversation.channelId !== channelId) setConversation(messaging.open(channelId));
  const snapshot = useSyncExternalStore(conversation.subscribe, conversation.getSnapshot);
  useEffect(() => {
    void conversation.catchUp();
  }, [conversation]);
  return [conversation, snapshot];
}
