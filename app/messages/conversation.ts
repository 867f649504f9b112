import { MessageLog } from './message-log.ts';
import { fetchChanges, fetchPage, MAX_ROWS, PAGE_SIZE } from './message-requests.ts';
import type { Message } from './message.ts';

export interface ConversationSnapshot {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly error: unknown;
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
}

/** Messages kept when a long conversation is left or read at its end. */
const KEPT_MESSAGES = 300;

/** A channel's messages in this page: loads them, keeps them current, and tells React when they change. */
export class Conversation {
  readonly channelId: string;
  readonly #log = new MessageLog();
  readonly #listeners = new Set<() => void>();
  #snapshot: ConversationSnapshot = {
    status: 'loading',
    error: undefined,
    messages: [],
    hasOlder: false,
    isLoadingOlder: false,
  };
  #catchingUp: Promise<void> | undefined;
  #catchUpAgain = false;

  constructor(channelId: string) {
    this.channelId = channelId;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): ConversationSnapshot => this.#snapshot;

  /** Up to where nothing is missing. */
  get lastRevision(): number {
    return this.#log.lastRevision;
  }

  /** Whether a component shows this conversation now. */
  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** A loaded message. */
  find(id: string): Message | undefined {
    return this.#log.find(id);
  }

  /** Takes a row from a live change or from the answer to a request of our own. */
  receive(message: Message): void {
    if (this.#snapshot.status !== 'ready') {
      // The page on its way may have been read before this row was written.
      this.#catchUpAgain = true;
      return;
    }
    const isComplete = this.#log.apply(message);
    this.#publish();
    if (!isComplete) void this.catchUp();
  }

  /**
   * Loads the newest page, or what has changed since; concurrent calls share one request, and one that comes while a
   * request is under way is followed by another, since that one may have looked too early. Never rejects: a first load
   * that fails shows in the snapshot, a later one is tried again by whoever watches the connection.
   */
  catchUp(): Promise<void> {
    if (this.#catchingUp) {
      this.#catchUpAgain = true;
      return this.#catchingUp;
    }
    this.#catchingUp = this.#catchUpUntilQuiet().finally(() => {
      this.#catchingUp = undefined;
    });
    return this.#catchingUp;
  }

  async #catchUpUntilQuiet(): Promise<void> {
    do {
      this.#catchUpAgain = false;
      try {
        await (this.#snapshot.status === 'ready' ? this.#loadChanges() : this.#loadNewest());
      } catch (error) {
        if (this.#snapshot.status !== 'ready') this.#publish({ status: 'failed', error });
        return;
      }
    } while (this.#catchUpAgain);
  }

  /** Loads one page further back, or all the way to `position`. */
  async loadOlder(position = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.#snapshot.isLoadingOlder || !this.#log.hasOlder) return;
    this.#publish({ isLoadingOlder: true });
    try {
      do {
        const oldest = this.#log.oldestPosition;
        const size = Math.min(MAX_ROWS, Math.max(PAGE_SIZE, (oldest ?? 0) - position + PAGE_SIZE));
        const page = await fetchPage(this.channelId, oldest, size);
        this.#log.prepend(page, page.length === size);
      } while (this.#log.hasOlder && position < (this.#log.oldestPosition ?? 0));
    } finally {
      this.#publish({ isLoadingOlder: false });
    }
  }

  /** Lets go of what lies far back; called when the reader is at the newest message. */
  trim(): void {
    if (this.#snapshot.isLoadingOlder || this.#log.messages.length <= 2 * KEPT_MESSAGES) return;
    this.#log.trim(KEPT_MESSAGES);
    this.#publish();
  }

  async #loadNewest(): Promise<void> {
    const page = await fetchPage(this.channelId);
    this.#log.reset(page, page.length === PAGE_SIZE);
    this.#publish({ status: 'ready', error: undefined });
  }

  async #loadChanges(): Promise<void> {
    const changes = await fetchChanges(this.channelId, this.#log.lastRevision);
    if (changes.length === MAX_ROWS) {
      // Away for so long that starting over is cheaper than replaying.
      await this.#loadNewest();
      return;
    }
    if (changes.length === 0) return;
    this.#log.catchUp(changes);
    this.#publish();
  }

  #publish(change: Partial<ConversationSnapshot> = {}): void {
    const { messages, hasOlder } = this.#log;
    this.#snapshot = { ...this.#snapshot, ...change, messages, hasOlder };
    for (const listener of this.#listeners) listener();
  }
}
