import { describeError, isTemporary } from '../shared/errors.ts';
import { ChannelFilter } from './channel-filter.ts';
import type { Queued } from './queued.ts';

const MAX_RETRY_DELAY_MS = 15_000;

interface SendQueueOptions<T extends Queued> {
  /** Prefix of the items' keys in localStorage. */
  readonly storagePrefix: string;
  /** Sends an item; may be called again for the same one. The error it throws decides whether the item is retried. */
  readonly send: (item: T) => Promise<void>;
  /** Upgrades an item stored by an older version of the app. */
  readonly upgrade?: (stored: T) => T;
}

/**
 * Sends items one by one, in the order they were added, and keeps them in localStorage until the server has them.
 */
export class SendQueue<T extends Queued> {
  readonly #options: SendQueueOptions<T>;
  readonly #listeners = new Set<() => void>();
  readonly #filter = new ChannelFilter<T>();
  #items: readonly T[];
  #isFlushing = false;
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SendQueueOptions<T>) {
    this.#options = options;
    this.#items = this.#readStored();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** All unsent items, oldest first; a new array after every change. */
  getSnapshot = (): readonly T[] => this.#items;

  find(id: string): T | undefined {
    return this.#items.find((item) => item.id === id);
  }

  /** The items of a channel, oldest first; the same array until one of them changes. */
  inChannel(channelId: string): readonly T[] {
    return this.#filter.pick(this.#items, channelId);
  }

  /** Adds an item, replacing one with the same id, and sends it. */
  add(item: T): void {
    this.#store(item);
    this.#replaceItems([...this.#items.filter((other) => other.id !== item.id), item]);
    void this.flush();
  }

  /** Retries a refused item. */
  retry(id: string): void {
    this.#update(id, { state: 'sending' });
    void this.flush();
  }

  discard(id: string): void {
    try {
      localStorage.removeItem(this.#options.storagePrefix + id);
    } catch {
      // Blocked storage: it was never stored.
    }
    this.#replaceItems(this.#items.filter((item) => item.id !== id));
  }

  /** Sends all items now; called when the connection is back. */
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

  /** Stops retrying; unsent items stay stored for the next page load. */
  stop(): void {
    clearTimeout(this.#retryTimer);
  }

  #next(): T | undefined {
    return this.#items.find((item) => item.state !== 'failed');
  }

  /** @returns false if there is no connection, so that trying the next item is pointless */
  async #attempt(item: T): Promise<boolean> {
    // False if the item was replaced while it was being sent; the newer one is sent next.
    const isCurrent = (): boolean => this.find(item.id)?.createdAt === item.createdAt;
    try {
      await this.#options.send(item);
      this.#failures = 0;
      if (isCurrent()) this.discard(item.id);
      return true;
    } catch (error) {
      // Discarded or replaced meanwhile: its failure does not matter.
      if (!isCurrent()) return true;
      if (!isTemporary(error)) {
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

  #update(id: string, change: Pick<Queued, 'state' | 'error'>): void {
    this.#replaceItems(this.#items.map((item) => (item.id === id ? { ...item, ...change } : item)));
  }

  #store(item: T): void {
    try {
      localStorage.setItem(this.#options.storagePrefix + item.id, JSON.stringify(item));
    } catch {
      // Blocked or full storage: the item is lost when the page closes.
    }
  }

  #readStored(): T[] {
    const { storagePrefix, upgrade = (item: T) => item } = this.#options;
    try {
      return Object.keys(localStorage)
        .filter((key) => key.startsWith(storagePrefix))
        .map((key) => upgrade(JSON.parse(localStorage.getItem(key) ?? '') as T))
        .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
    } catch {
      return [];
    }
  }

  #replaceItems(items: readonly T[]): void {
    this.#items = items;
    for (const listener of this.#listeners) listener();
  }
}
