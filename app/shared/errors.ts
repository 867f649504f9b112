const BY_CODE: Readonly<Record<string, string>> = {
  invalid_credentials: 'Wrong email or password.',
  user_already_exists: 'There is already an account with this email. Sign in instead.',
  email_exists: 'There is already an account with this email.',
  email_not_confirmed: 'Open the link in the email we sent you first.',
  email_address_invalid: 'This does not look like an email address.',
  over_email_send_rate_limit: 'We have just sent you an email. Wait a moment before requesting another.',
  over_request_rate_limit: 'Too many requests. Wait a moment and try again.',
  otp_expired: 'This link or code has expired. Request a new one.',
  same_password: 'This is already your password.',
  mfa_verification_failed: 'Wrong code. Codes change every 30 seconds.',
  session_not_found: 'You have been signed out. Sign in again.',
  '23505': 'This name is already taken.',
  '42501': 'You are not allowed to do this.',
};

/** Error message for the user. Errors raised by OurChat's SQL functions are shown as they are. */
export function describeError(error: unknown): string {
  if (isUnreachable(error)) return 'The server cannot be reached. Check your connection and try again.';
  const known = BY_CODE[errorCode(error) ?? ''];
  if (known !== undefined) return known;
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  return typeof message === 'string' && message !== '' ? message : 'Something went wrong.';
}

/** The code of an error from Supabase: an auth error code, a SQLSTATE or a PGRST… code. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && error.code !== '' ? error.code : undefined;
}

/** No response, or one from a proxy that could not reach Supabase. */
export function isUnreachable(error: unknown): boolean {
  if (!navigator.onLine) return true;
  if (typeof error !== 'object' || error === null) return false;
  if ('status' in error && typeof error.status === 'number' && error.status >= 502) return true;
  if ('name' in error && error.name === 'AuthRetryableFetchError') return true;
  return (
    'message' in error &&
    typeof error.message === 'string' &&
    /fetch|network|load failed/i.test(error.message)
  );
}

/** Whether the same request may succeed later: no response, or a temporary refusal. */
export function isTemporary(error: unknown): boolean {
  if (isUnreachable(error)) return true;
  if (typeof error !== 'object' || error === null) return false;
  const code = errorCode(error) ?? '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  const storageCode = 'statusCode' in error && typeof error.statusCode === 'string' ? error.statusCode : '';
  // PGRST0xx: no database connection; PGRST301/303: token expired; 57xxx: the server is going down or a statement timed
  // out; 40xxx: a deadlock. Storage: 5xx or 429; its message about an expired token names the "exp" claim.
  return (
    /^(PGRST0|PGRST30[13]|57|08|53|40)/.test(code) ||
    /^(5|429)/.test(storageCode) ||
    /abort|timed? ?out|"exp" claim|jwt expired/i.test(message)
  );
}
