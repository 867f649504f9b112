import { watch, type FSWatcher } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

const IGNORED = new Set(['node_modules', '.git']);

/**
 * Reports changes below a folder, from the first `start()` on. One watcher for each folder: Node's recursive one watches
 * every single file on Linux.
 */
export class FolderWatch {
  readonly #root: string;
  readonly #onChange: (path: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #isClosed = false;

  /** @param onChange is given the path relative to `root` */
  constructor(root: string, onChange: (path: string) => void) {
    this.#root = root;
    this.#onChange = onChange;
  }

  /** Watches, unless it does already; a folder that does not exist yet is found by a later call. */
  start(): void {
    if (!this.#watchers.has(this.#root)) this.#add(this.#root);
  }

  close(): void {
    this.#isClosed = true;
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #add(folder: string): void {
    if (this.#isClosed || this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        this.#onChange(relative(this.#root, join(folder, name ?? '')));
        // A new folder is watched too.
        void this.#addBelow(folder);
      });
      watcher.on('error', () => this.#remove(folder));
      this.#watchers.set(folder, watcher);
    } catch {
      return;
    }
    void this.#addBelow(folder);
  }

  async #addBelow(folder: string): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
    if (!entries) return this.#remove(folder);
    for (const entry of entries) {
      if (entry.isDirectory() && !IGNORED.has(entry.name)) this.#add(join(folder, entry.name));
    }
  }

  #remove(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
