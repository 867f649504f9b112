/** How much of an error a client receives; `minimal` leaves out details and hint. */
export type ErrorVerbosity = 'verbose' | 'minimal';

/** The body of an error response; `details` is text, null, or (PGRST201) a list. */
interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  readonly hint?: string | null;
}

/** An error that PostgREST would send, in exactly its wording. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;
  readonly statusText: string | undefined;
  readonly code: string;
  readonly details: unknown;
  readonly hint: string | null;
  readonly headers: readonly (readonly [name: string, value: string])[];

  constructor(
    status: number,
    body: ErrorBody,
    headers: readonly (readonly [name: string, value: string])[] = [],
    statusText?: string,
  ) {
    super(body.message);
    this.status = status;
    this.statusText = statusText;
    this.code = body.code;
    this.details = body.details ?? null;
    this.hint = body.hint ?? null;
    this.headers = headers;
  }
}

/** The JSON of an error, keys in PostgREST's order. */
export function encodeError(error: RestError, verbosity: ErrorVerbosity): string {
  const { code, details, hint, message } = error;
  return JSON.stringify(verbosity === 'minimal' ? { code, message } : { code, details, hint, message });
}
