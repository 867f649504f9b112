import { watch, type FSWatcher } from 'node:fs';
import { basename, dirname, join } from 'node:path';

interface WatchedFolder {
  readonly watcher: FSWatcher;
  readonly names: Set<string>;
}

/** Reports changes of single files. It watches their folders, because editors may put a new file in place of the old one. */
export class FileWatch {
  readonly #onChange: (path: string) => void;
  readonly #folders = new Map<string, WatchedFolder>();
  #isClosed = false;

  /** @param onChange is given the file's path as it was added */
  constructor(onChange: (path: string) => void) {
    this.#onChange = onChange;
  }

  /** From now on these files are watched too. */
  add(files: readonly string[]): void {
    for (const file of files) this.#watch(dirname(file))?.names.add(basename(file));
  }

  close(): void {
    this.#isClosed = true;
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #watch(folder: string): WatchedFolder | undefined {
    const present = this.#folders.get(folder);
    if (present || this.#isClosed) return present;
    const names = new Set<string>();
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name !== null && names.has(name)) this.#onChange(join(folder, name));
      });
      watcher.on('error', () => {
        watcher.close();
        this.#folders.delete(folder);
      });
      const watched = { watcher, names };
      this.#folders.set(folder, watched);
      return watched;
    } catch {
      // It has been removed since.
      return undefined;
    }
  }
}
