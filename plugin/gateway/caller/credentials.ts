import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayRefusal } from '../refusal.ts';
import type { GatewayRoute } from '../routes.ts';
import type { GatewayKeys } from '../target.ts';
import { decodeClaims, type SessionTokenVerifier } from './access-token.ts';
import type { GatewayCaller } from './caller.ts';
import { isVisitorRole, refuseCredential } from './judge.ts';
import { readQueryKeys } from './query-key.ts';
import { requireApiKey } from './require-key.ts';
import { refuseS3Request } from './s3-signature.ts';
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

/** The parts of a request that may carry credentials. */
export interface CredentialSource {
  /** The request target. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly route: GatewayRoute;
}

/**
 * Translates a request's keys as the Supabase CLI's Kong does: an Authorization that is not `Bearer sb_…` stays; else
 * the `apikey` header decides, and an unknown key is copied without "Bearer". Between the two comes the session
 * cookie, for callers without a token that are pages of the app's own origin.
 */
export function translateHttpCredentials(
  source: CredentialSource,
  caller: GatewayCaller,
  rules: CredentialRules,
): HttpCredentials {
  const { url, headers, route } = source;
  const { keys } = rules;
  if (route.signed) {
    const refusal = refuseS3Request(url, headers, caller, keys);
    return refusal ? { refusal } : { authorization: headers.authorization };
  }
  const apikey = single(headers.apikey);
  const own = headers.authorization?.startsWith('Bearer sb_') ? undefined : headers.authorization;
  const bearer = bearerToken(headers.authorization);
  const refusal =
    refusePresented(source, apikey, bearer, caller, keys) ??
    (rules.requireKey ? requireApiKey(url, apikey, bearer, keys) : undefined);
  if (refusal) return { refusal };

  const isAnonymous = own === undefined || (bearer !== undefined && bearer === keys.anonKey);
  if (isAnonymous && (apikey === undefined || !isPrivileged(apikey, keys))) {
    const session = findSession(headers, caller, rules.sessionTokens);
    if (session !== undefined) return { authorization: `Bearer ${session}` };
  }
  const translated = own ?? translateApiKey(apikey, keys);
  if (translated === undefined)
    return { authorization: rules.leaveUnknownKeys ? undefined : NO_AUTHORIZATION };
  const isLeft = rules.leaveUnknownKeys && translated.startsWith('sb_');
  return { authorization: isLeft ? headers.authorization : translated };
}

/** Why one of the credentials of a request is refused, wherever it stands. */
function refusePresented(
  { url, headers, route }: CredentialSource,
  apikey: string | undefined,
  bearer: string | undefined,
  caller: GatewayCaller,
  keys: GatewayKeys,
): GatewayRefusal | undefined {
  // Storage and Kong's template know tokens without "Bearer" too. Auth's OAuth clients present a password of theirs.
  const isOauthClient = route.upstream === 'auth' && /^basic /i.test(headers.authorization ?? '');
  const presented = isOauthClient ? undefined : (bearer ?? headers.authorization);
  const refusal =
    refuseCredential(presented, caller, keys) ??
    refuseCredential(apikey, caller, keys) ??
    (route.upstream === 'realtime'
      ? refuseCredential(single(headers['x-api-key']), caller, keys)
      : undefined);
  if (refusal || caller.mayBeAdmin || !url.includes('?')) return refusal;
  for (const key of readQueryKeys(url)) {
    const refused = refuseCredential(key, caller, keys);
    if (refused) return refused;
  }
  return undefined;
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
  const headerKey = single(headers['x-api-key']);
  const presented = headerKey ?? queryKey;
  const refusal = refuseCredential(headerKey, caller, keys) ?? refuseCredential(queryKey, caller, keys);
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
  const isAllowed = (token: string): boolean => caller.mayBeAdmin || isVisitorRole(decodeClaims(token)?.role);
  return readSessionTokens(headers.cookie, caller.hostname).find(
    (token) => sessionTokens.isValid(token) && isAllowed(token),
  );
}

/** Whether a credential bypasses row level security: a secret key, or a JWT of such a role. */
function isPrivileged(credential: string, keys: GatewayKeys): boolean {
  if (credential === keys.secretKey || credential.startsWith('sb_secret_')) return true;
  if (credential === keys.serviceRoleKey) return true;
  const role = decodeClaims(credential)?.role;
  return role === 'service_role' || role === 'supabase_admin';
}

function bearerToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^Bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
