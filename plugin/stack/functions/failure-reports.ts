import type { SupabaseDevError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';

/** Receives the error of a function that does not start; undefined once it starts again. */
export type ReportFunction = (slug: string, error: SupabaseDevError | undefined) => void;

/** Reports each failure of a function once, however many calls meet it, and when it starts again. */
export class FailureReports {
  readonly #logger: Logger;
  readonly #report: ReportFunction | undefined;
  readonly #failing = new Map<string, string>();

  constructor(logger: Logger, report: ReportFunction | undefined) {
    this.#logger = logger;
    this.#report = report;
  }

  isFailing(slug: string): boolean {
    return this.#failing.has(slug);
  }

  failed(slug: string, error: SupabaseDevError): void {
    if (this.#failing.get(slug) === error.message) return;
    this.#failing.set(slug, error.message);
    const { message, location, hint } = error;
    const place = location && `${location.file}:${location.line}:${location.column}`;
    const lines = [`supabase: ${message}`, place, location?.frame, hint && `What to do: ${hint}`];
    this.#logger.error(lines.filter(Boolean).join('\n'));
    this.#report?.(slug, error);
  }

  /** @param news what to print if it had failed before */
  succeeded(slug: string, news: string): void {
    if (!this.#failing.delete(slug)) return;
    this.#logger.info(`supabase: ${news}`);
    this.#report?.(slug, undefined);
  }
}
