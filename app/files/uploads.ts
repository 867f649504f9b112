import { type Upload, uploadFile } from './upload.ts';

interface Running {
  readonly controller: AbortController;
  fraction: number;
}

/** The uploads of this page, by bucket path: how far they are, and a way to stop them. */
export class Uploads {
  readonly #running = new Map<string, Running>();
  readonly #listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** 0 to 1; undefined for a file that is not being uploaded. */
  progressOf(path: string): number | undefined {
    return this.#running.get(path)?.fraction;
  }

  async run(upload: Pick<Upload, 'bucket' | 'path' | 'blob'>): Promise<void> {
    const running: Running = { controller: new AbortController(), fraction: 0 };
    this.#running.set(upload.path, running);
    this.#notify();
    try {
      await uploadFile({
        ...upload,
        signal: running.controller.signal,
        onProgress: (fraction) => {
          running.fraction = fraction;
          this.#notify();
        },
      });
    } finally {
      this.#running.delete(upload.path);
      this.#notify();
    }
  }

  abort(path: string): void {
    this.#running.get(path)?.controller.abort();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
