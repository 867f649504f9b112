import { joinPath } from '../gateway/target.ts';

// A local Auth that takes longer is asked again by the next request.
const TIMEOUT_MS = 5_000;

/** What Auth answers about a token that signs nobody in here: no such user, no such session, not its signature. */
const UNKNOWN = new Set([401, 403, 404]);

/**
 * Whether Auth of a local stack knows the session of a token.
 *
 * The signature proves little: all local projects have the same secret, and cookies know no port, so that the browser sends
 * the sessions of other projects too.
 *
 * @param url URL of the stack's own gateway
 * @throws when Auth cannot tell now: it does not answer, or with an error of its own
 */
export async function knowsSession(url: string | URL, anonKey: string, token: string): Promise<boolean> {
  const endpoint = new URL(url);
  endpoint.pathname = joinPath(endpoint.pathname, '/auth/v1/user');
  const headers = { apikey: anonKey, authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(endpoint, { headers, signal, redirect: 'manual' });
  await response.body?.cancel();
  if (response.ok) return true;
  if (UNKNOWN.has(response.status)) return false;
  throw new Error(`Auth answered ${response.status}`);
}
