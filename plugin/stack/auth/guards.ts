import { decodeProtectedHeader } from 'jose';
import { mayUseRole } from '../http/allowed-roles.ts';
import { JwtVerifyError } from '../jwt.ts';
import type { App, Context } from './app.ts';
import { adminActor, type Actor } from './db/audit.ts';
import type { Factor } from './db/factors.ts';
import { findSession, sessionExpiry, type Session } from './db/sessions.ts';
import { findUserById, isBanned, type User } from './db/users.ts';
import { AuthError, badRequest, forbidden, internal, notFound } from './errors.ts';
import type { Limit } from './rate-limit.ts';
import { ADMIN_ROLE } from './roles.ts';
import type { Check } from './router.ts';
import { isUuid, NIL_UUID } from './uuid.ts';

// GoTrue v2.196 internal/api/auth.go, middleware.go

/** Claims of an access token that the endpoints use; '' and false stand for those that a token lacks. */
export interface AccessClaims {
  readonly [name: string]: unknown;
  readonly sub: string;
  readonly aud: string;
  readonly role: string;
  readonly session_id: string;
  readonly is_anonymous: boolean;
}

/** The sender is this user. `session` is undefined for a token that names none. */
export interface SignedIn {
  readonly claims: AccessClaims;
  readonly user: User;
  readonly session: Session | undefined;
}

/** The sender may use the admin endpoints; `actor` is the name under which the audit log knows it. */
export interface Admin {
  readonly actor: Actor;
}

/** The user that the path names. */
export interface OfUser {
  readonly user: User;
}

/** The factor that the path names, one of the user's. */
export interface OfFactor {
  readonly factor: Factor;
}

/** A signed-in user, with a live session if the token names one. */
export async function signedIn(ctx: Context): Promise<SignedIn> {
  const claims = await verifyBearer(ctx);
  const proof = await loadUserAndSession(ctx, claims);
  if (isBanned(proof.user)) throw forbidden('user_banned', 'User is banned');
  return proof;
}

/** A signed-in user who is not anonymous. */
export async function signedInByName(ctx: Context): Promise<SignedIn> {
  const proof = await signedIn(ctx);
  if (proof.claims.is_anonymous) {
    throw forbidden('no_authorization', 'Anonymous user not allowed to perform these actions');
  }
  return proof;
}

/** The session of the signed-in user. @throws AuthError 500 for a token that names none */
export function requireSession(session: Session | undefined): Session {
  if (!session) throw internal('A valid session is required');
  return session;
}

/** A token of the role service_role. */
export async function admin(ctx: Context): Promise<Admin> {
  const claims = await verifyBearer(ctx);
  if (claims.session_id !== '' && claims.session_id !== NIL_UUID) {
    const { session } = await loadUserAndSession(ctx, claims);
    const isOver = session && sessionExpiry(session, ctx.settings.sessions) !== undefined;
    if (isOver) throw forbidden('session_expired', 'Session is no longer valid');
  }
  if (claims.role !== ADMIN_ROLE) throw forbidden('not_admin', 'User not allowed');
  return { actor: adminActor(claims.role) };
}

export async function userOfPath(ctx: Context, _admin: Admin): Promise<OfUser> {
  const id = ctx.params.user_id ?? '';
  if (!isUuid(id)) throw notFound('validation_failed', 'user_id must be an UUID');
  const user = await findUserById(ctx.pool, id);
  if (!user) throw notFound('user_not_found', 'User not found');
  return { user };
}

/** The factor that the path names, of the signed-in user. */
export function ownFactor(ctx: Context, { user }: SignedIn): OfFactor {
  return factorOfPath(ctx, user);
}

/** The factor that the path names, of the user that the path names. */
export function factorOfUser(ctx: Context, { user }: Admin & OfUser): OfFactor {
  return factorOfPath(ctx, user);
}

function factorOfPath(ctx: Context, user: User): OfFactor {
  const id = ctx.params.factor_id ?? '';
  if (!isUuid(id)) throw notFound('validation_failed', 'factor_id must be an UUID');
  const factor = user.factors.find((candidate) => candidate.id === id.toLowerCase());
  if (!factor) throw notFound('mfa_factor_not_found', 'Factor not found');
  return { factor };
}

/** The sender is this machine, on a page of the app's own origin or on none: the gateway's decision. */
export function localOnly({ req }: Context): void {
  if (mayUseRole(req.headers, ADMIN_ROLE)) return;
  throw forbidden('no_authorization', 'This page is for the machine that runs the development server');
}

export function manualLinking({ settings }: App): void {
  if (!settings.manualLinking) throw notFound('manual_linking_disabled', 'Manual linking is disabled');
}

export function passkeysEnabled({ settings }: App): void {
  if (!settings.passkeys) throw notFound('passkey_disabled', 'Passkeys are disabled');
}

export function oauthServerEnabled({ settings }: App): void {
  if (!settings.oauthServer.enabled) throw notFound('feature_disabled', 'OAuth server is disabled');
}

export function emailEnabled({ settings }: App): void {
  if (!settings.email.enabled) throw badRequest('email_provider_disabled', 'Email logins are disabled');
}

export function refuseSaml(): void {
  throw notFound('saml_provider_disabled', 'SAML 2.0 is disabled');
}

/** Counts the request against a limit of `[auth.rate_limit]`. */
export function limit(name: Limit): Check {
  return (ctx) => ctx.limiter.checkRequest(name, ctx.req);
}

// GoTrue's own pattern, stricter than RFC 6750: no other spelling of the scheme and no space in the token.
const BEARER = /^(?:B|b)earer (\S+$)/;

async function verifyBearer(ctx: Context): Promise<AccessClaims> {
  const token = BEARER.exec(ctx.req.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  }
  const refuse = (reason: string): AuthError =>
    forbidden('bad_jwt', `invalid JWT: unable to parse or verify signature, ${reason}`);
  const { claims } = await ctx.jwt.verify(token).catch((error: unknown) => {
    throw refuse(error instanceof JwtVerifyError ? describeRefusal(ctx, error, token) : 'token is malformed');
  });
  const now = Date.now() / 1000;
  if ([claims.exp, claims.nbf, claims.iat].some((time) => time !== undefined && typeof time !== 'number')) {
    throw refuse('token is malformed: could not JSON decode claim');
  }
  if (typeof claims.exp === 'number' && now >= claims.exp) {
    throw refuse('token has invalid claims: token is expired');
  }
  if (typeof claims.nbf === 'number' && now < claims.nbf) {
    throw refuse('token has invalid claims: token is not valid yet');
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  // The gateway allows visitors the roles anon and authenticated only, whoever signed their token.
  if (!mayUseRole(ctx.req.headers, text(claims.role) || 'anon')) {
    throw new AuthError(401, 'no_authorization', 'Tokens of this role are accepted from this machine only');
  }
  return {
    ...claims,
    sub: text(claims.sub),
    aud: text(Array.isArray(claims.aud) ? claims.aud[0] : claims.aud),
    role: text(claims.role),
    session_id: text(claims.session_id),
    is_anonymous: claims.is_anonymous === true,
  };
}

/** The message of GoTrue's JWT library (golang-jwt v5). */
function describeRefusal({ keys }: App, error: JwtVerifyError, token: string): string {
  if (error.reason === 'signature') return 'token signature is invalid: signature is invalid';
  if (token.split('.').length !== 3) {
    return 'token is malformed: token contains an invalid number of segments';
  }
  const header = decodeHeader(token);
  if (!header) return 'token is malformed: could not JSON decode header: invalid character in header';
  if (error.reason === 'algorithm' || keys.signingKeys.length === 0) {
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
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}

async function loadUserAndSession(ctx: Context, claims: AccessClaims): Promise<SignedIn> {
  if (claims.sub === '') throw forbidden('bad_jwt', 'invalid claim: missing sub claim');
  if (!isUuid(claims.sub)) throw badRequest('bad_jwt', 'invalid claim: sub claim must be a UUID');
  const hasSession = claims.session_id !== '' && claims.session_id !== NIL_UUID;
  const [user, session] = await Promise.all([
    findUserById(ctx.pool, claims.sub),
    hasSession && isUuid(claims.session_id) ? findSession(ctx.pool, claims.session_id) : undefined,
  ]);
  if (!user) throw forbidden('user_not_found', 'User from sub claim in JWT does not exist');
  if (!hasSession) return { claims, user, session: undefined };
  if (!isUuid(claims.session_id)) {
    throw forbidden('bad_jwt', 'invalid claim: session_id claim must be a UUID');
  }
  if (!session) throw forbidden('session_not_found', 'Session from session_id claim in JWT does not exist');
  return { claims, user, session };
}
