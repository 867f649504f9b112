import type { IncomingHttpHeaders } from 'node:http';
import { gatewayError } from '../errors.ts';
import type { GatewayRefusal } from '../refusal.ts';
import type { GatewayKeys } from '../target.ts';
import { decodeClaims, type SessionTokenVerifier } from './access-token.ts';
import type { GatewayCaller } from './caller.ts';
import { requireApiKey } from './require-key.ts';
import { readSessionTokens } from './session-cookie.ts';

/** The Authorization header for the service; undefined for none. */
export type HttpCredentials = { authorization: string | undefined } | { refusal: GatewayRefusal };

export interface CredentialRules {
  readonly keys: GatewayKeys;
  readonly sessionTokens: SessionTokenVerifier;
  /** Require an API key on HTTP, as hosted Supabase does. */
  readonly requireKey: boolean;
  /** Another API gateway follows, which may be able to translate opaque keys that are unknown here. */
  readonly leaveUnknownKeys: boolean;
}

/**
 * Translates a request's keys as the Supabase CLI's Kong does: an Authorization that is not `Bearer sb_…` stays; else
 * the `apikey` header decides, and an unknown key is copied without "Bearer". Between the two comes the session
 * cookie, for callers without a token that are pages of the app's own origin.
 */
export function translateHttpCredentials(
  url: string,
  headers: IncomingHttpHeaders,
  caller: GatewayCaller,
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
    const session = findSession(headers, caller, rules.sessionTokens);
    if (session !== undefined) return { authorization: `Bearer ${session}` };
  }
  const translated = own ?? translateApiKey(apikey, keys);
  if (translated === undefined)
    return { authorization: rules.leaveUnknownKeys ? undefined : NO_AUTHORIZATION };
  const isLeft = rules.leaveUnknownKeys && translated.startsWith('sb_');
  return { authorization: isLeft ? headers.authorization : translated };
}

/** Kong's template writes an empty header where it has no credential; Storage treats that differently from no header. */
const NO_AUTHORIZATION = '';

/** What goes into Realtime's handshake: the API key's JWT, and the user's token that replaces it where there is one. */
export type WebsocketCredentials =
  | { apikey: string | undefined; userToken: string | undefined }
  | { refusal: GatewayRefusal };

/**
 * The same translation for a WebSocket, whose key is the `apikey` query parameter (a client outside a browser may
 * send an `x-api-key` header, which Realtime prefers).
 */
export function translateWebsocketCredentials(
  headers: IncomingHttpHeaders,
  queryKey: string | undefined,
  caller: GatewayCaller,
  rules: CredentialRules,
): WebsocketCredentials {
  const { keys } = rules;
  const presented = single(headers['x-api-key']) ?? queryKey;
  const refusal = refusePrivileged(presented, caller, keys) ?? refusePrivileged(queryKey, caller, keys);
  if (refusal) return { refusal };
  // Browsers send an Origin with every WebSocket handshake: without one, nothing proves that a page of this origin
  // asks. And a session replaces the visitor's key, not a missing one.
  const mayUseSession =
    headers.origin !== undefined && presented !== undefined && isVisitorKey(presented, keys);
  return {
    apikey: presented === undefined ? undefined : translateOpaqueKey(presented, keys),
    userToken: mayUseSession ? findSession(headers, caller, rules.sessionTokens) : undefined,
  };
}

/** Known `sb_…` keys become their JWTs; anything else stays. */
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

/** Whether this is a key that every visitor has: a user's or a privileged token is not replaced by a session. */
function isVisitorKey(key: string, keys: GatewayKeys): boolean {
  if (key === keys.publishableKey || key === keys.anonKey) return true;
  return decodeClaims(key)?.role === 'anon';
}

function findSession(
  headers: IncomingHttpHeaders,
  caller: GatewayCaller,
  sessionTokens: SessionTokenVerifier,
): string | undefined {
  if (caller.origin !== 'own') return undefined;
  return readSessionTokens(headers.cookie, caller.hostname).find((token) => sessionTokens.isValid(token));
}

/** Whether a credential bypasses row level security: a secret key, or a JWT of such a role. */
function isPrivileged(credential: string | undefined, keys: GatewayKeys): boolean {
  if (credential === undefined) return false;
  if (credential === keys.secretKey || credential.startsWith('sb_secret_')) return true;
  if (credential === keys.serviceRoleKey) return true;
  const role = decodeClaims(credential)?.role;
  return role === 'service_role' || role === 'supabase_admin';
}

/**
 * Privileged credentials are for programs on this machine. The keys of a local stack are the same on every machine, so
 * any website and anyone in the network can know them.
 */
function refusePrivileged(
  credential: string | undefined,
  caller: GatewayCaller,
  keys: GatewayKeys,
): GatewayRefusal | undefined {
  if (!isPrivileged(credential, keys)) return undefined;
  if (!caller.isLocal) return gatewayError('SECRET_FROM_NETWORK');
  const isSecretKey = credential?.startsWith('sb_secret_') ?? false;
  // Hosted Supabase accepts a service_role JWT from any page; here only pages of trusted origins may send it.
  const isForbidden = isSecretKey ? caller.isBrowser : caller.origin === 'foreign';
  return isForbidden ? SECRET_IN_BROWSER : undefined;
}

// Byte for byte what hosted Supabase's API gateway sends.
const SECRET_IN_BROWSER: GatewayRefusal = {
  status: 401,
  body: {
    message: 'Forbidden use of secret API key in browser',
    hint: 'Secret API keys can only be used in a protected environment and should never be used in a browser. Delete this secret API key immediately.',
  },
};

function bearerToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
