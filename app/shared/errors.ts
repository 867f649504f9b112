const BY_CODE: Readonly<Record<string, string>> = {
  invalid_credentials: 'This e-mail address and password do not belong together.',
  user_already_exists: 'There is an account with this e-mail address already. Sign in instead.',
  email_exists: 'There is an account with this e-mail address already.',
  email_not_confirmed: 'Please open the link in the mail that we sent you first.',
  email_address_invalid: 'This does not look like an e-mail address.',
  over_email_send_rate_limit: 'A mail is on its way already. Please wait a moment before asking for another.',
  over_request_rate_limit: 'That was a lot at once. Please wait a moment.',
  otp_expired: 'This link or code has expired. Ask for a new one.',
  same_password: 'This is the password you have already.',
  mfa_verification_failed: 'This code is not right. Codes change every 30 seconds.',
  session_not_found: 'You have been signed out. Please sign in again.',
  '23505': 'There is one with this name already.',
  '42501': 'You are not allowed to do this.',
};

/** What went wrong in a sentence for people. Errors that OurChat's own SQL functions raise speak for themselves. */
export function describeError(error: unknown): string {
  if (isUnreachable(error)) return 'The server cannot be reached. Check your connection and try again.';
  const known = BY_CODE[errorCode(error) ?? ''];
  if (known !== undefined) return known;
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
  return typeof message === 'string' && message !== '' ? message : 'Something went wrong.';
}

/** The code that Supabase gives an error: an auth error code, a SQLSTATE or a PGRST… code. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && error.code !== '' ? error.code : undefined;
}

/** No answer at all, or one from something between here and Supabase that could not reach it. */
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

/** Whether the same request may succeed later: there was no answer, or a refusal that passes by itself. */
export function isTemporary(error: unknown): boolean {
  if (isUnreachable(error)) return true;
  if (typeof error !== 'object' || error === null) return false;
  const code = errorCode(error) ?? '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  const storageCode = 'statusCode' in error && typeof error.statusCode === 'string' ? error.statusCode : '';
  // PGRST0xx: no database connection; PGRST301/303: token expired; 57xxx: the server is going down or a statement timed
  // out; 40xxx: a deadlock. Storage says 5xx or 429, and of an expired token that its "exp" is over.
  return (
    /^(PGRST0|PGRST30[13]|57|08|53|40)/.test(code) ||
    /^(5|429)/.test(storageCode) ||
    /abort|timed? ?out|"exp" claim|jwt expired/i.test(message)
  );
}
