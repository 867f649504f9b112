import { describeError, isUnreachable } from '../shared/errors.ts';
import type { Message } from './message.ts';
import { insertMessage } from './message-requests.ts';
import type { NewMessage, OutgoingMessage } from './outgoing-message.ts';

const MAX_RETRY_DELAY_MS = 15_000;

/**
 * Sends messages one after another, in the order in which they were written, and keeps them (also across a reload, in
 * localStorage) until the server has them. Ids are made here, so an attempt can be repeated without a second message.
 */
export class Outbox {
  readonly #storagePrefix: string;
  readonly #onDelivered: (message: Message) => void;
  readonly #listeners = new Set<() => void>();
  #items: readonly OutgoingMessage[];
  #isFlushing = false;
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(userId: string, onDelivered: (message: Message) => void) {
    this.#storagePrefix = `ourchat:outbox:${userId}:`;
    this.#onDelivered = onDelivered;
    this.#items = this.#readStored();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): readonly OutgoingMessage[] => this.#items;

  send(message: Omit<NewMessage, 'id'>): void {
    const item: OutgoingMessage = {
      ...message,
      id: crypto.randomUUID(),
      createdAt: new Date().toISOString(),
      state: 'sending',
    };
    this.#store(item);
    this.#replaceItems([...this.#items, item]);
    void this.flush();
  }

  /** Tries a refused message again. */
  retry(id: string): void {
    this.#update(id, { state: 'sending' });
    void this.flush();
  }

  discard(id: string): void {
    this.#forget(id);
  }

  /** Sends what waits, now: called when the connection is back. */
  async flush(): Promise<void> {
    clearTimeout(this.#retryTimer);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        if (!(await this.#attempt(next))) return;
      }
    } finally {
      this.#isFlushing = false;
    }
  }

  /** Stops trying; what is unsent stays stored for the next time. */
  stop(): void {
    clearTimeout(this.#retryTimer);
  }

  #next(): OutgoingMessage | undefined {
    return this.#items.find((item) => item.state !== 'failed');
  }

  async #attempt(item: OutgoingMessage): Promise<boolean> {
    try {
      this.#onDelivered(await insertMessage(item));
      this.#failures = 0;
      this.#forget(item.id);
      return true;
    } catch (error) {
      if (!isUnreachable(error) && !isTemporary(error)) {
        this.#update(item.id, { state: 'failed', error: describeError(error) });
        return true;
      }
      this.#replaceItems(
        this.#items.map((other) => (other.state === 'sending' ? { ...other, state: 'waiting' } : other)),
      );
      this.#retryTimer = setTimeout(
        () => void this.flush(),
        Math.min(MAX_RETRY_DELAY_MS, 1_000 * 2 ** this.#failures),
      );
      this.#failures += 1;
      return false;
    }
  }

  #update(id: string, change: Pick<OutgoingMessage, 'state' | 'error'>): void {
    this.#replaceItems(this.#items.map((item) => (item.id === id ? { ...item, ...change } : item)));
  }

  #forget(id: string): void {
    try {
      localStorage.removeItem(this.#storagePrefix + id);
    } catch {
      // Blocked storage: it was never stored.
    }
    this.#replaceItems(this.#items.filter((item) => item.id !== id));
  }

  #store(item: OutgoingMessage): void {
    try {
      localStorage.setItem(this.#storagePrefix + item.id, JSON.stringify(item));
    } catch {
      // Blocked or full storage: the message lives as long as the page.
    }
  }

  #readStored(): OutgoingMessage[] {
    try {
      return Object.keys(localStorage)
        .filter((key) => key.startsWith(this.#storagePrefix))
        .map((key) => JSON.parse(localStorage.getItem(key) ?? '') as OutgoingMessage)
        .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
    } catch {
      return [];
    }
  }

  #replaceItems(items: readonly OutgoingMessage[]): void {
    this.#items = items;
    for (const listener of this.#listeners) listener();
  }
}

/** Refusals that pass by themselves: an aborted or timed-out request, a session that is being refreshed, a restart. */
function isTemporary(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  // PGRST0xx: no database connection; PGRST301/303: token expired; 57xxx: the server is going down or a statement timed out.
  return /^(PGRST0|PGRST30[13]|57|08|53)/.test(code) || /abort|timed? ?out/i.test(message);
}
