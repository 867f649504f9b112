import type { ErrorCode } from './error-codes.ts';

/**
 * An error that this package reports to a developer (never one of those that the emulated services answer).
 *
 * `code` is stable and documented in docs/errors.md; `hint` is what to do; `location` is the place in the
 * user's own file where there is one.
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
    // Vite's command line and scripts print the stack of an uncaught error: it should include the hint.
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
