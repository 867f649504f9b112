import type { ErrorCode } from './error-codes.ts';

/**
 * The errors that this package itself reports to a developer (never the emulated ones that a service answers).
 *
 * `code` is stable and documented in docs/errors.md; `hint` says what to do; `location` names the user's own
 * file and line where there is one.
 */
export class SupabaseDevError extends Error {
  override readonly name = 'SupabaseDevError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly location: SourceLocation | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details: { hint?: string; cause?: unknown; location?: SourceLocation } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.location = details.location;
    // Whoever lets it reach the top (Vite's command line, a script) prints the stack: it should say what to do.
    if (this.hint) this.stack = this.stack?.replace(message, () => `${message}\n  What to do: ${this.hint}`);
  }
}

/** A place in one of the user's files; `line` and `column` count from 1, `frame` is the excerpt to show. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly frame?: string;
}

/** The text of any thrown value, for a message that names its cause. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether `error` is a system error with this code, such as `ENOENT`. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
