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

/** Messages kept when the reader is at the end of a long conversation. */
const KEPT_MESSAGES = 300;

/** A channel's messages on this page: loads them, keeps them up to date, and notifies React of changes. */
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

  /** No change is missing up to and including this revision. */
  get lastRevision(): number {
    return this.#log.lastRevision;
  }

  /** Whether a component shows this conversation. */
  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Finds a loaded message. */
  find(id: string): Message | undefined {
    return this.#log.find(id);
  }

  /** Applies a row from a live change or from the response to our own request. */
  receive(message: Message): void {
    if (this.#snapshot.status !== 'ready') {
      // The page being loaded may have been read before this row was written.
      this.#catchUpAgain = true;
      return;
    }
    const isComplete = this.#log.apply(message);
    this.#publish();
    if (!isComplete) void this.catchUp();
  }

  /**
   * Loads the newest page, or what has changed since. Concurrent calls share one request; a call during a request
   * triggers another one, because the running one may have read too early. Never rejects: if the first load fails,
   * the snapshot has the error; later failures are retried by the next catch-up.
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

  /** Loads one page of older messages, or all pages back to `position`. */
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

  /** Drops old messages beyond the newest 300; called when the reader is at the end. */
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
      // So many changes that reloading is cheaper than replaying them.
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
