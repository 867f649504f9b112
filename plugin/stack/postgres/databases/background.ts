import { errorMessage } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';

/** Work that nobody waits for, one piece at a time. A failure is a warning. */
export class Background {
  readonly #logger: Logger;
  readonly #prepare: () => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #prepared: Promise<void> | undefined;
  #waiting = 0;
  #isClosed = false;

  /** @param prepare done once, before the first work, or when somebody first waits for it */
  constructor(logger: Logger, prepare: () => Promise<void>) {
    this.#logger = logger;
    this.#prepare = prepare;
  }

  /** Returns at once. @param work may end early when `isAwaited` says that somebody waits for its end */
  run(work: (isAwaited: () => boolean) => Promise<unknown>): void {
    const isAwaited = (): boolean => this.#isClosed || this.#waiting > 0;
    this.#last = this.#last
      .then(() => this.#prepareOnce())
      .then(() => (this.#isClosed ? undefined : work(isAwaited)))
      .then(
        () => {},
        (error: unknown) => this.#logger.warn(`Supabase: ${errorMessage(error)}`),
      );
  }

  /** Waits for the work that has begun. */
  async settle(): Promise<void> {
    this.#waiting += 1;
    try {
      await this.#last;
      await this.#prepareOnce();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Nothing begins afterwards; what has begun ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  #prepareOnce(): Promise<void> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }
}
