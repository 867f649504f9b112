import { Conversation } from './conversation.ts';
import { EditQueue } from './edit-queue.ts';
import { Outbox } from './outbox.ts';

/** Conversations kept in memory; the least recently opened ones are dropped first. */
const KEPT_CONVERSATIONS = 12;

/** What outlives a single screen: loaded conversations, and messages and edits that are not sent yet. */
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

  /** Updates the conversations on screen (others are updated when they are opened) and sends what is queued. */
  catchUp(): void {
    for (const conversation of this.#conversations.values()) {
      if (conversation.isWatched) void conversation.catchUp();
    }
    this.flush();
  }

  /** Sends what is queued. */
  flush(): void {
    void this.outbox.queue.flush();
    void this.edits.queue.flush();
  }

  /** Stops retrying. */
  stop(): void {
    this.outbox.queue.stop();
    this.edits.queue.stop();
  }
}
