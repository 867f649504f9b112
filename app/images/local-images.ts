import { deleteImage, getImage, putImage } from './image-database.ts';

/** Sent pictures whose file the page keeps, so that they are not downloaded where they came from. */
const KEPT_SENT = 40;

/**
 * Pictures that this page is about to send, by their path in the bucket: shown at once, and kept in IndexedDB until the
 * server has them, so that they survive a reload as the text of a message does.
 */
class LocalImages {
  readonly #files = new Map<string, { readonly blob: Blob; readonly url: string }>();
  readonly #listeners = new Set<() => void>();
  #sent: readonly string[] = [];

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Address within this page, of a picture that it has in memory. */
  urlOf(path: string): string | undefined {
    return this.#files.get(path)?.url;
  }

  add(path: string, blob: Blob): void {
    this.#hold(path, blob);
    // Blocked or full storage: the picture lives as long as the page.
    putImage(path, blob).catch(() => {});
  }

  /** @returns undefined when it was lost with the page that had it */
  async find(path: string): Promise<Blob | undefined> {
    const held = this.#files.get(path)?.blob;
    if (held) return held;
    const stored = await getImage(path).catch(() => undefined);
    if (stored) this.#hold(path, stored);
    return stored;
  }

  /** The server has it, or nobody wants it any more. */
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
