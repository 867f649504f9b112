/**
 * Whether Auth of a stack knows the session of a token.
 *
 * The signature proves little: all local projects have the same secret, and cookies know no port, so that the browser sends
 * the sessions of other projects too.
 *
 * @param url origin of the stack's own gateway
 */
export async function knowsSession(url: string, anonKey: string, token: string): Promise<boolean> {
  const headers = { apikey: anonKey, authorization: `Bearer ${token}` };
  const response = await fetch(new URL('/auth/v1/user', url), { headers });
  await response.body?.cancel();
  return response.ok;
}
