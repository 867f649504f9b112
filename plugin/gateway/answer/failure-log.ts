import type { Logger } from '../../shared/logger.ts';

/** Reports broken upstreams in the terminal: one line when one breaks, one when it works again. */
export class FailureLog {
  readonly #logger: Logger;
  readonly #broken = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param subject what broke, such as `realtime at http://127.0.0.1:4000` */
  failed(subject: string, reason: string): void {
    if (this.#broken.has(subject)) return;
    this.#broken.add(subject);
    this.#logger.error(`supabase: ${subject}: ${reason}`);
  }

  succeeded(subject: string): void {
    if (this.#broken.delete(subject)) this.#logger.info(`supabase: ${subject} answers again`);
  }
}
