import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { Conversation, type ConversationSnapshot } from './conversation.ts';
import { EditQueue, type PendingEdit } from './edit-queue.ts';
import { removeStrayImages } from './image-requests.ts';
import { Outbox } from './outbox.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** Conversations kept in memory; those not looked at for longest go first. */
const KEPT_CONVERSATIONS = 12;
const TIDY_AFTER_MS = 10_000;

/** What outlives a single screen of a person's chat: loaded conversations, and what waits to be sent. */
export class Messaging {
  readonly outbox: Outbox;
  readonly edits: EditQueue;
  readonly #conversations = new Map<string, Conversation>();

  constructor(userId: string) {
    this.outbox = new Outbox(userId, (message) => this.find(message.channel_id)?.receive(message));
    this.edits = new EditQueue(userId, async ({ channelId }, message) => {
      const conversation = this.find(channelId);
      if (message) conversation?.receive(message);
      else await conversation?.catchUp();
    });
  }

  /** The conversation of a channel, if it has been opened. */
  find(channelId: string): Conversation | undefined {
    return this.#conversations.get(channelId);
  }

  open(channelId: string): Conversation {
    const conversation = this.#conversations.get(channelId) ?? new Conversation(channelId);
    // Re-inserted, so that the map stays ordered by last use.
    this.#conversations.delete(channelId);
    this.#conversations.set(channelId, conversation);
    for (const [id, other] of this.#conversations) {
      if (this.#conversations.size <= KEPT_CONVERSATIONS) break;
      if (!other.isWatched && id !== channelId) this.#conversations.delete(id);
    }
    return conversation;
  }

  /** Brings what is on screen up to date; the rest follows when it is opened. Sends what waits. */
  catchUp(): void {
    for (const conversation of this.#conversations.values()) {
      if (conversation.isWatched) void conversation.catchUp();
    }
    this.flush();
  }

  /** Sends what waits. */
  flush(): void {
    void this.outbox.queue.flush();
    void this.edits.queue.flush();
  }

  /** Stops trying to send. */
  stop(): void {
    this.outbox.queue.stop();
    this.edits.queue.stop();
  }
}

const MessagingContext = createContext<Messaging | undefined>(undefined);

export function MessagingProvider({ userId, children }: { userId: string; children: ReactNode }): ReactNode {
  const [messaging] = useState(() => new Messaging(userId));
  useEffect(() => {
    messaging.flush();
    // When everything that matters is on screen.
    const tidying = setTimeout(
      () => removeStrayImages(messaging.outbox.imagePaths()).catch(() => {}),
      TIDY_AFTER_MS,
    );
    return () => {
      clearTimeout(tidying);
      messaging.stop();
    };
  }, [messaging]);
  return <MessagingContext value={messaging}>{children}</MessagingContext>;
}

export function useMessaging(): Messaging {
  const messaging = useContext(MessagingContext);
  if (!messaging) throw new Error('useMessaging() needs a MessagingProvider');
  return messaging;
}

/** A channel's messages, loaded or brought up to date when the component appears. */
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

/** Messages of a channel that the server does not have yet, oldest first. */
export function useOutgoing(channelId: string): readonly OutgoingMessage[] {
  const { queue } = useMessaging().outbox;
  const all = useSyncExternalStore(queue.subscribe, queue.getSnapshot);
  return all.filter((item) => item.channelId === channelId);
}

/** The change of a message that the server does not have yet. */
export function usePendingEdit(messageId: string | undefined): PendingEdit | undefined {
  const { queue } = useMessaging().edits;
  return useSyncExternalStore(queue.subscribe, () =>
    messageId === undefined ? undefined : queue.find(messageId),
  );
}
