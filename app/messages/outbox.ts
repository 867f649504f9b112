import { extensionOf } from '../images/encode.ts';
import { localImages } from '../images/local-images.ts';
import { describeError, isUnreachable } from '../shared/errors.ts';
import type { Message } from './message.ts';
import { removeImages, uploadImage } from './image-requests.ts';
import { insertMessage } from './message-requests.ts';
import type { MessageDraft, OutgoingMessage } from './outgoing-message.ts';

const MAX_RETRY_DELAY_MS = 15_000;

/**
 * Sends messages one after another, in the order in which they were written, and keeps them (also across a reload, in
 * localStorage) until the server has them. Ids are made here, so an attempt can be repeated without a second message;
 * so are the paths of pictures, which are uploaded before the message that names them.
 */
export class Outbox {
  readonly #userId: string;
  readonly #storagePrefix: string;
  readonly #onDelivered: (message: Message) => void;
  readonly #listeners = new Set<() => void>();
  #items: readonly OutgoingMessage[];
  /** Paths of pictures that the server has. */
  readonly #uploaded = new Set<string>();
  #isFlushing = false;
  #failures = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(userId: string, onDelivered: (message: Message) => void) {
    this.#userId = userId;
    this.#storagePrefix = `ourchat:outbox:${userId}:`;
    this.#onDelivered = onDelivered;
    this.#items = this.#readStored();
    // To be shown again after a reload.
    for (const path of this.imagePaths()) void localImages.find(path);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): readonly OutgoingMessage[] => this.#items;

  send(draft: MessageDraft): void {
    const id = crypto.randomUUID();
    const images = draft.images.map(({ blob, width, height, alt }, index) => {
      const path = `${this.#userId}/${id}/${index + 1}.${extensionOf(blob)}`;
      localImages.add(path, blob);
      return { path, width, height, ...(alt === '' ? {} : { alt }) };
    });
    const item: OutgoingMessage = {
      ...draft,
      id,
      images,
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
    const paths = this.#items.find((item) => item.id === id)?.images.map((image) => image.path) ?? [];
    this.#forget(id);
    // What cannot be removed now is a stray file, and removed another time.
    removeImages(paths).catch(() => {});
  }

  /** Paths of the pictures that are still to be sent. */
  imagePaths(): ReadonlySet<string> {
    return new Set(this.#items.flatMap((item) => item.images.map((image) => image.path)));
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
      await this.#uploadImages(item);
      this.#onDelivered(await insertMessage(item));
      this.#failures = 0;
      this.#forget(item.id);
      return true;
    } catch (error) {
      if (!isUnreachable(error) && !isTemporary(error)) {
        // Perhaps a picture is not there any more: the next attempt begins with them.
        for (const { path } of item.images) this.#uploaded.delete(path);
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

  async #uploadImages(item: OutgoingMessage): Promise<void> {
    for (const { path } of item.images) {
      if (this.#uploaded.has(path)) continue;
      await uploadImage(path);
      this.#uploaded.add(path);
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
    for (const { path } of this.#items.find((item) => item.id === id)?.images ?? []) {
      localImages.release(path);
      this.#uploaded.delete(path);
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
        .map((key) => ({ images: [], ...JSON.parse(localStorage.getItem(key) ?? '') }) as OutgoingMessage)
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
  const storageCode = 'statusCode' in error && typeof error.statusCode === 'string' ? error.statusCode : '';
  // PGRST0xx: no database connection; PGRST301/303: token expired; 57xxx: the server is going down or a statement timed
  // out; 40xxx: a deadlock. Storage says 5xx or 429, and of an expired token that its "exp" is over.
  return (
    /^(PGRST0|PGRST30[13]|57|08|53|40)/.test(code) ||
    /^(5|429)/.test(storageCode) ||
    /abort|timed? ?out|"exp" claim|jwt expired/i.test(message)
  );
}
