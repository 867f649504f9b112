import type { Logger } from '../../shared/logger.ts';
import type { GatewayRefusal } from '../refusal.ts';
import { BackendStopped, describeBackendFailure } from './failures.ts';

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

  /** The same for a backend that did not start; one that is being stopped is not reported. @returns the refusal */
  backendFailed(error: unknown): GatewayRefusal {
    const refusal = describeBackendFailure(error);
    if (!(error instanceof BackendStopped)) this.failed('the backend', refusal.body.message ?? '');
    return refusal;
  }

  succeeded(subject: string): void {
    if (this.#broken.delete(subject)) this.#logger.info(`supabase: ${subject} answers again`);
  }
}
