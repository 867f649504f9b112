/** What Supabase Auth adds to the body of `weak_password`. */
export interface WeakPassword {
  readonly message: string;
  readonly reasons: readonly string[];
}

/** An error in the form of Supabase Auth: HTTP status, `error_code` and `msg`. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly status: number;
  readonly code: string;
  readonly weakPassword: WeakPassword | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    details: { weakPassword?: WeakPassword; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = status;
    this.code = code;
    this.weakPassword = details.weakPassword;
  }
}

/** An error in the form of RFC 6749: `error` and `error_description`, always status 400. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly error: string;

  constructor(error: string, description: string) {
    super(description);
    this.error = error;
  }
}

export const badRequest = (code: string, message: string): AuthError => new AuthError(400, code, message);
export const forbidden = (code: string, message: string): AuthError => new AuthError(403, code, message);
export const notFound = (code: string, message: string): AuthError => new AuthError(404, code, message);
export const unprocessable = (code: string, message: string): AuthError => new AuthError(422, code, message);
export const tooMany = (code: string, message: string): AuthError => new AuthError(429, code, message);
/** Only the message of `cause` is logged: its details may hold a user's input. */
export const internal = (message: string, cause?: unknown): AuthError =>
  new AuthError(500, 'unexpected_failure', message, { cause });

export const invalid = (message: string): AuthError => badRequest('validation_failed', message);
