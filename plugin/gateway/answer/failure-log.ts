import type { Logger } from '../../shared/logger.ts';

/** Tells the developer about broken upstreams: one line when it breaks, one when it works again. */
export interface FailureLog {
  /** @param subject what broke, such as `realtime at http://127.0.0.1:4000` */
  failed(subject: string, reason: string): void;
  worked(subject: string): void;
}

export function createFailureLog(logger: Logger): FailureLog {
  const broken = new Set<string>();
  return {
    failed(subject, reason) {
      if (broken.has(subject)) return;
      broken.add(subject);
      logger.error(`supabase: ${subject}: ${reason}`);
    },
    worked(subject) {
      if (broken.delete(subject)) logger.info(`supabase: ${subject} answers again`);
    },
  };
}
