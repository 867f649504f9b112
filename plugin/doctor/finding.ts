import type { Explanation } from '../explain/explanation.ts';
import { errorMessage, SupabaseDevError } from '../shared/errors.ts';

/** The result of one check, in the words of plugin/explain. */
export interface Finding extends Explanation {
  /** The check, such as `versions`. */
  readonly check: string;
  /** `error` makes the command fail; `ok` has no cure. */
  readonly severity: 'ok' | 'info' | 'warning' | 'error';
}

/** Something that is as it should be. */
export function ok(check: string, subject: string, cause: string): Finding {
  return { check, severity: 'ok', kind: 'ok', subject, level: 'note', cause, cure: '' };
}

export function problem(
  check: string,
  severity: 'info' | 'warning' | 'error',
  explanation: Omit<Explanation, 'level'>,
): Finding {
  return { check, severity, level: severity === 'info' ? 'note' : 'problem', ...explanation };
}

/** A check that could not be made. */
export function failed(check: string, error: unknown): Finding {
  const hint = error instanceof SupabaseDevError ? (error.hint ?? '') : '';
  const kind = error instanceof SupabaseDevError ? error.code : 'check-failed';
  return problem(check, 'error', {
    kind,
    subject: check,
    cause: `${errorMessage(error).replace(/\.$/, '')}.`,
    cure: hint,
  });
}
