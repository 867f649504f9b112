import { deleteImage, getImage, putImage } from './image-database.ts';

/** Number of sent pictures kept in memory, so that the sender does not download them. */
const KEPT_SENT = 40;

/**
 * Pictures that this page is sending, by bucket path. They are shown immediately and kept in IndexedDB until the
 * server has them, so that they survive a reload like the text of a message.
 */
class LocalImages {
  readonly #files = new Map<string, { readonly blob: Blob; readonly url: string }>();
  readonly #listeners = new Set<() => void>();
  #sent: readonly string[] = [];

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Object URL of a picture in memory. */
  urlOf(path: string): string | undefined {
    return this.#files.get(path)?.url;
  }

  add(path: string, blob: Blob): void {
    this.#hold(path, blob);
    // Blocked or full storage: the picture is lost when the page closes.
    putImage(path, blob).catch(() => {});
  }

  /** @returns undefined if the picture was lost with the page that created it */
  async find(path: string): Promise<Blob | undefined> {
    const held = this.#files.get(path)?.blob;
    if (held) return held;
    const stored = await getImage(path).catch(() => undefined);
    if (stored) this.#hold(path, stored);
    return stored;
  }

  /** Drops the stored copy: the server has the picture, or its message was discarded. */
  release(path: string): void {
    deleteImage(path).catch(() => {});
    this.#sent = [...this.#sent, path];
    for (const old of this.#sent.slice(0, -KEPT_SENT)) {
      const file = this.#files.get(old);
      if (file) URL.revokeObjectURL(file.url);
      this.#files.delete(old);
    }
    this.#sent = this.#sent.slice(-KEPT_SENT);
  }

  #hold(path: string, blob: Blob): void {
    this.#files.set(path, { blob, url: URL.createObjectURL(blob) });
    for (const listener of this.#listeners) listener();
  }
}

export const localImages = new LocalImages();
