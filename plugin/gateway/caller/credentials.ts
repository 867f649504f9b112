import type { IncomingHttpHeaders } from 'node:http';
import { decodeClaims, type TokenJudge } from './access-token.ts';
import type { Caller } from './caller.ts';
import { requireApiKey } from './require-key.ts';
import { readSessionTokens } from './session-cookie.ts';
import type { GatewayKeys } from '../target.ts';

/** A refusal in the words of the API gateway of hosted Supabase, or in our own where that has none. */
export interface Refusal {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/** The Authorization header that a service is to see; undefined for none. */
export type HttpCredentials = { authorization: string | undefined } | { refusal: Refusal };

export interface CredentialRules {
  readonly keys: GatewayKeys;
  readonly judge: TokenJudge;
  /** Ask for an API key on HTTP, as hosted Supabase does. */
  readonly requireKey: boolean;
  /** Another API gateway follows, which may know opaque keys that are unknown here. */
  readonly leaveUnknownKeys: boolean;
}

/**
 * Translates a request's keys as the Supabase CLI's Kong does: an Authorization that is not `Bearer sb_…` stays; else
 * the `apikey` header decides, an unknown one as it is and without "Bearer". Between the two, the session cookie
 * speaks for a caller that brought no token of its own and that is a page of the app's own origin.
 */
export function translateHttpCredentials(
  url: string,
  headers: IncomingHttpHeaders,
  caller: Caller,
  rules: CredentialRules,
): HttpCredentials {
  const { keys } = rules;
  const apikey = single(headers.apikey);
  const own = headers.authorization?.startsWith('Bearer sb_') ? undefined : headers.authorization;
  const bearer = bearerToken(headers.authorization);
  const refusal =
    refusePrivileged(bearer, caller, keys) ??
    refusePrivileged(apikey, caller, keys) ??
    (rules.requireKey ? requireApiKey(url, apikey, bearer, keys) : undefined);
  if (refusal) return { refusal };

  const isAnonymous = own === undefined || (bearer !== undefined && bearer === keys.anonKey);
  if (isAnonymous && !isPrivileged(apikey, keys)) {
    const session = findSession(headers, caller, rules.judge);
    if (session !== undefined) return { authorization: `Bearer ${session}` };
  }
  const translated = own ?? translateApiKey(apikey, keys);
  if (translated === undefined)
    return { authorization: rules.leaveUnknownKeys ? undefined : NO_AUTHORIZATION };
  const isLeft = rules.leaveUnknownKeys && translated.startsWith('sb_');
  return { authorization: isLeft ? headers.authorization : translated };
}

/** Kong's template writes an empty header where there is nothing to write; Storage answers otherwise than without one. */
const NO_AUTHORIZATION = '';

/** What goes into Realtime's handshake: the API key's JWT, and a user's token in its place where there is one. */
export type WebsocketCredentials =
  | { apikey: string | undefined; userToken: string | undefined }
  | { refusal: Refusal };

/**
 * The same translation for a WebSocket, whose key is the `apikey` query parameter (a client outside a browser may
 * send an `x-api-key` header, which Realtime prefers).
 */
export function translateWebsocketCredentials(
  headers: IncomingHttpHeaders,
  queryKey: string | undefined,
  caller: Caller,
  rules: CredentialRules,
): WebsocketCredentials {
  const { keys } = rules;
  const presented = single(headers['x-api-key']) ?? queryKey;
  const refusal = refusePrivileged(presented, caller, keys) ?? refusePrivileged(queryKey, caller, keys);
  if (refusal) return { refusal };
  // The browser names the page of every WebSocket it opens: without an Origin there is no proof. And a session
  // stands in for the visitor's key, not for a missing one.
  const mayUseSession =
    headers.origin !== undefined && presented !== undefined && isVisitorKey(presented, keys);
  return {
    apikey: presented === undefined ? undefined : translateOpaqueKey(presented, keys),
    userToken: mayUseSession ? findSession(headers, caller, rules.judge) : undefined,
  };
}

/** `sb_…` keys become the JWTs that they stand for; anything else stays. */
function translateOpaqueKey(key: string, keys: GatewayKeys): string {
  if (key === keys.secretKey) return keys.serviceRoleKey ?? key;
  if (key === keys.publishableKey) return keys.anonKey ?? key;
  return key;
}

function translateApiKey(apikey: string | undefined, keys: GatewayKeys): string | undefined {
  if (apikey === undefined) return undefined;
  if (apikey === keys.secretKey && keys.serviceRoleKey) return `Bearer ${keys.serviceRoleKey}`;
  if (apikey === keys.publishableKey && keys.anonKey) return `Bearer ${keys.anonKey}`;
  return apikey;
}

/** Whether this is a key that any visitor has: a user's or a privileged token is not replaced. */
function isVisitorKey(key: string, keys: GatewayKeys): boolean {
  if (key === keys.publishableKey || key === keys.anonKey) return true;
  return decodeClaims(key)?.role === 'anon';
}

function findSession(headers: IncomingHttpHeaders, caller: Caller, judge: TokenJudge): string | undefined {
  if (caller.origin !== 'own') return undefined;
  return readSessionTokens(headers.cookie, caller.hostname).find((token) => judge.isGood(token));
}

/** A credential that passes by row level security: a secret key, or a JWT of such a role. */
function isPrivileged(credential: string | undefined, keys: GatewayKeys): boolean {
  if (credential === undefined) return false;
  if (credential === keys.secretKey || credential.startsWith('sb_secret_')) return true;
  if (credential === keys.serviceRoleKey) return true;
  const role = decodeClaims(credential)?.role;
  return role === 'service_role' || role === 'supabase_admin';
}

/**
 * Privileged credentials are for programs on this machine. The keys of a local stack are the same everywhere, so a
 * page of any website knows them, and so does everybody in the network.
 */
function refusePrivileged(
  credential: string | undefined,
  caller: Caller,
  keys: GatewayKeys,
): Refusal | undefined {
  if (!isPrivileged(credential, keys)) return undefined;
  if (!caller.isLocal) return { status: 401, body: SECRET_FROM_NETWORK };
  const isSecretKey = credential?.startsWith('sb_secret_') ?? false;
  // Hosted Supabase lets a service_role JWT pass from a page; here only from the app's own.
  const isForbidden = isSecretKey ? caller.isBrowser : caller.origin === 'foreign';
  return isForbidden ? { status: 401, body: SECRET_IN_BROWSER } : undefined;
}

const SECRET_IN_BROWSER = {
  message: 'Forbidden use of secret API key in browser',
  hint: 'Secret API keys can only be used in a protected environment and should never be used in a browser. Delete this secret API key immediately.',
};
const SECRET_FROM_NETWORK = {
  code: 'SECRET_FROM_NETWORK',
  message: 'Secret and service_role keys are accepted from this machine only',
  hint: 'Call http://localhost from a program on the same machine, or use the publishable key and a signed-in user.',
};

function bearerToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
