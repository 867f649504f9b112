import { nameOwner } from '../explain/facts/caller.ts';
import type { GatewayKeys } from '../gateway/target.ts';
import { decodeJwt } from '../shared/jwt.ts';
import type { RequestObservation } from '../shared/observations.ts';

/** Which credential a service received, and why that one: a sentence for people, without the credential. */
export function describeCredential(
  { headers, authorization }: Pick<RequestObservation, 'headers' | 'authorization'>,
  keys: GatewayKeys,
): string {
  const { apikey, authorization: sent, cookie } = headers;
  const key = apikey === undefined ? undefined : nameKey(String(apikey), keys);
  if (authorization === undefined) return 'none: no service received the request';
  if (authorization === '')
    return key === undefined ? 'none: anonymous' : `none: the ${key} is not one of this project`;
  const who = nameToken(authorization.replace(/^Bearer\s+/i, ''), keys);
  if (authorization === sent) return `${who}: the request's own Authorization header`;
  const hasSession = typeof cookie === 'string' && /sb-[^=]*-auth-token/.test(cookie);
  const isKey = who === 'anon key' || who === 'service_role key';
  if (hasSession && !isKey) return `${who}: the session cookie, because the request itself is anonymous`;
  return `${who}: translated from the ${key ?? 'API key'}`;
}

/** The credential that repeats a request where its own headers do not have it: that of its cookie, or of its URL. */
export function credentialToRepeat(
  { headers, authorization }: Pick<RequestObservation, 'headers' | 'authorization'>,
  keys: GatewayKeys,
): { authorization: string } | undefined {
  if (authorization === undefined || authorization === '' || headers.authorization === authorization)
    return undefined;
  const token = authorization.replace(/^Bearer\s+/i, '');
  const isKey = token === keys.anonKey || token === keys.serviceRoleKey;
  return isKey && headers.apikey !== undefined ? undefined : { authorization };
}

function nameKey(value: string, keys: GatewayKeys): string {
  if (value === keys.publishableKey) return 'publishable key';
  if (value === keys.secretKey) return 'secret key';
  if (value === keys.anonKey) return 'anon key';
  return value === keys.serviceRoleKey ? 'service_role key' : 'unknown API key';
}

function nameToken(token: string, keys: GatewayKeys): string {
  if (token === keys.anonKey) return 'anon key';
  if (token === keys.serviceRoleKey) return 'service_role key';
  const claims = decodeJwt(token)?.claims;
  return claims ? `token of ${nameOwner(claims)}` : 'a credential that is not a JWT';
}
