import { deleteFile, getFile, putFile } from './file-database.ts';

/** Number of sent pictures kept in memory, so that the sender does not download them. */
const KEPT_SENT = 40;

interface LocalFile {
  readonly blob: Blob;
  /** Made when it is asked for. */
  url?: string;
}

/**
 * Files that this page is sending, by bucket path. Pictures are shown immediately; all are kept in IndexedDB until the
 * server has them, so that they survive a reload like the text of a message.
 */
class LocalFiles {
  readonly #files = new Map<string, LocalFile>();
  readonly #listeners = new Set<() => void>();
  #sent: readonly string[] = [];

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Object URL of a picture in memory. Only for pictures: a page in a file would be one of this origin. */
  urlOf(path: string): string | undefined {
    const file = this.#files.get(path);
    if (file) file.url ??= URL.createObjectURL(file.blob);
    return file?.url;
  }

  add(path: string, blob: Blob): void {
    this.#hold(path, blob);
    // Blocked or full storage: the file is lost when the page closes.
    putFile(path, blob).catch(() => {});
  }

  /** @returns undefined if the file was lost with the page that created it */
  async find(path: string): Promise<Blob | undefined> {
    const held = this.#files.get(path)?.blob;
    if (held) return held;
    const stored = await getFile(path).catch(() => undefined);
    if (stored) this.#hold(path, stored);
    return stored;
  }

  /** Drops the stored copy: the server has the file, or its message was discarded. The newest pictures stay in memory. */
  release(path: string): void {
    deleteFile(path).catch(() => {});
    if (this.#files.get(path)?.url === undefined) this.#files.delete(path);
    else this.#sent = [...this.#sent, path];
    for (const old of this.#sent.slice(0, -KEPT_SENT)) {
      const url = this.#files.get(old)?.url;
      if (url !== undefined) URL.revokeObjectURL(url);
      this.#files.delete(old);
    }
    this.#sent = this.#sent.slice(-KEPT_SENT);
  }

  #hold(path: string, blob: Blob): void {
    this.#files.set(path, { blob });
    for (const listener of this.#listeners) listener();
  }
}

export const localFiles = new LocalFiles();
