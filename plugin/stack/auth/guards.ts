import { JwtVerifyError } from '../jwt.ts';
import { ADMIN_ROLE, DEFAULT_AUDIENCE, type App } from './app.ts';
import { findSession, sessionExpiry } from './db/sessions.ts';
import { findUserById, isBanned, type User } from './db/users.ts';
import type { Session } from './db/sessions.ts';
import { AuthError, badRequest, forbidden, internal, notFound } from './errors.ts';
import type { AuthRequest } from './http/request.ts';
import type { Guard } from './http/router.ts';
import type { Limit } from './rate-limit.ts';
import type { AccessClaims } from './tokens/claims.ts';
import { isUuid, NIL_UUID } from './uuid.ts';

/** A signed-in user with a live session: fills `claims`, `user` and, if the token names one, `session`. */
export async function requireUser(app: App, req: AuthRequest): Promise<void> {
  req.claims = await verifyBearer(app, req);
  await loadUserAndSession(app, req, req.claims);
  if (req.user && isBanned(req.user)) throw forbidden('user_banned', 'User is banned');
}

/** A token of the role service_role. */
export async function requireAdmin(app: App, req: AuthRequest): Promise<void> {
  const claims = (req.claims = await verifyBearer(app, req));
  if (claims.session_id !== '' && claims.session_id !== NIL_UUID) {
    await loadUserAndSession(app, req, claims);
    const isOver = req.session && sessionExpiry(req.session, app.settings.sessions) !== undefined;
    if (isOver) throw forbidden('session_expired', 'Session is no longer valid');
  }
  if (claims.role !== ADMIN_ROLE) throw forbidden('not_admin', 'User not allowed');
}

export function requireNotAnonymous(_app: App, req: AuthRequest): void {
  if (req.claims?.is_anonymous === true) {
    throw forbidden('no_authorization', 'Anonymous user not allowed to perform these actions');
  }
}

export function requireManualLinking(app: App): void {
  if (!app.settings.manualLinking) throw notFound('manual_linking_disabled', 'Manual linking is disabled');
}

export function requirePasskeys(app: App): void {
  if (!app.settings.passkeys) throw notFound('passkey_disabled', 'Passkeys are disabled');
}

export function requireOAuthServer(app: App): void {
  if (!app.settings.oauthServer.enabled) throw notFound('feature_disabled', 'OAuth server is disabled');
}

export function refuseSaml(): void {
  throw notFound('saml_provider_disabled', 'SAML 2.0 is disabled');
}

/** Counts the request against a limit of `[auth.rate_limit]`. */
export function limit(name: Limit): Guard<App> {
  return (app, req) => app.limiter.checkRequest(name, req);
}

/** The signed-in user; only behind `requireUser` (or what loads a user). */
export function userOf(req: AuthRequest): User {
  if (!req.user) throw internal('Could not read user');
  return req.user;
}

export function sessionOf(req: AuthRequest): Session {
  if (!req.session) throw internal('A valid session is required');
  return req.session;
}

/** The audience asked for: header `X-JWT-AUD`, else the token's, else the default. */
export function audienceOf(req: AuthRequest): string {
  const header = req.headers['x-jwt-aud'];
  if (typeof header === 'string' && header !== '') return header;
  const claims = req.claims;
  return claims && claims.role !== ADMIN_ROLE && claims.aud !== '' ? claims.aud : DEFAULT_AUDIENCE;
}

async function verifyBearer(app: App, req: AuthRequest): Promise<AccessClaims> {
  const token = /^(?:B|b)earer (\S+$)/.exec(req.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  }
  const refuse = (reason: string): AuthError =>
    forbidden('bad_jwt', `invalid JWT: unable to parse or verify signature, ${reason}`);
  const { claims } = await app.jwt.verify(token).catch((error: unknown) => {
    throw refuse(error instanceof JwtVerifyError ? describeRefusal(app, error, token) : 'token is malformed');
  });
  const now = Date.now() / 1000;
  if (typeof claims.exp === 'number' && now >= claims.exp) {
    throw refuse('token has invalid claims: token is expired');
  }
  if (typeof claims.nbf === 'number' && now < claims.nbf) {
    throw refuse('token has invalid claims: token is not valid yet');
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    ...claims,
    sub: text(claims.sub),
    aud: text(Array.isArray(claims.aud) ? claims.aud[0] : claims.aud),
    role: text(claims.role),
    session_id: text(claims.session_id),
    is_anonymous: claims.is_anonymous === true,
  };
}

/** The words of the original's JWT library. */
function describeRefusal(app: App, error: JwtVerifyError, token: string): string {
  if (error.reason === 'signature') return 'token signature is invalid: signature is invalid';
  if (token.split('.').length !== 3) {
    return 'token is malformed: token contains an invalid number of segments';
  }
  const header = decodeHeader(token);
  if (!header) return 'token is malformed: could not JSON decode header: invalid character in header';
  if (error.reason === 'algorithm' || app.keys.signingKeys.length === 0) {
    return `token signature is invalid: signing method ${header.alg} is invalid`;
  }
  if (error.reason === 'key') {
    const kid = header.kid === undefined ? '<nil>' : header.kid;
    return `token is unverifiable: error while executing keyfunc: unrecognized JWT kid ${kid} for algorithm ${header.alg}`;
  }
  return 'token is malformed: could not JSON decode claim';
}

function decodeHeader(token: string): { alg?: string; kid?: string } | undefined {
  try {
    return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  } catch {
    return undefined;
  }
}

async function loadUserAndSession(app: App, req: AuthRequest, claims: AccessClaims): Promise<void> {
  if (claims.sub === '') throw forbidden('bad_jwt', 'invalid claim: missing sub claim');
  if (!isUuid(claims.sub)) throw badRequest('bad_jwt', 'invalid claim: sub claim must be a UUID');
  const hasSession = claims.session_id !== '' && claims.session_id !== NIL_UUID;
  const [user, session] = await Promise.all([
    findUserById(app.pool, claims.sub),
    hasSession && isUuid(claims.session_id) ? findSession(app.pool, claims.session_id) : undefined,
  ]);
  if (!user) throw forbidden('user_not_found', 'User from sub claim in JWT does not exist');
  req.user = user;
  if (!hasSession) return;
  if (!isUuid(claims.session_id)) {
    throw forbidden('bad_jwt', 'invalid claim: session_id claim must be a UUID');
  }
  if (!session) throw forbidden('session_not_found', 'Session from session_id claim in JWT does not exist');
  req.session = session;
}
