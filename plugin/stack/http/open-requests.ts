import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const GRACE_MS = 5_000;

/** The requests that a service is answering, so that it can wait for their end when it closes. */
export class OpenRequests {
  readonly #open = new Map<ServerResponse, Promise<void>>();

  /**
   * Follows one request until `done` settles.
   *
   * @param done must not reject: a service responds to its own errors
   */
  track(res: ServerResponse, done: Promise<void>): void {
    this.#open.set(
      res,
      done.finally(() => this.#open.delete(res)),
    );
  }

  /** Aborts all open responses. */
  abort(): void {
    for (const res of this.#open.keys()) res.destroy();
  }

  /** Resolves when every request that is open now has ended, or after five seconds: a library may never end one. */
  async settled(): Promise<void> {
    const ended = new AbortController();
    const grace = delay(GRACE_MS, undefined, { signal: ended.signal }).catch(() => {});
    await Promise.race([Promise.allSettled(this.#open.values()), grace]);
    ended.abort();
  }
}
