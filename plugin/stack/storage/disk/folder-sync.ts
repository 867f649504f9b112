import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { hasErrorCode } from '../../../shared/errors.ts';

const sync = promisify(fsync);

/** Makes new names in folders durable. Calls that arrive while a folder is synced share the next sync of it. */
export class FolderSync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** Resolves after a sync that began after this call. */
  async sync(folder: string): Promise<void> {
    const running = this.#running.get(folder);
    if (!running) return this.#begin(folder);
    let next = this.#next.get(folder);
    if (!next) {
      next = running
        .catch(() => {})
        .then(() => {
          this.#next.delete(folder);
          return this.#begin(folder);
        });
      this.#next.set(folder, next);
    }
    return next;
  }

  #begin(folder: string): Promise<void> {
    const running = syncFolder(folder).finally(() => this.#running.delete(folder));
    this.#running.set(folder, running);
    return running;
  }
}

async function syncFolder(path: string): Promise<void> {
  // The kernel has just changed this folder, so opening it does not block; a thread would take longer.
  const fd = openSync(path, 'r');
  try {
    await sync(fd);
  } catch (error) {
    if (!hasErrorCode(error, 'EINVAL') && !hasErrorCode(error, 'ENOTSUP')) throw error;
  } finally {
    closeSync(fd);
  }
}
