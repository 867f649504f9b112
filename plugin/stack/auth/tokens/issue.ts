import { isObject, type JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { timestamp, type Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import { insertRefreshToken } from '../db/refresh-tokens.ts';
import { addAmrClaim, assessSession, insertSession, type Session } from '../db/sessions.ts';
import { updateUser, type User } from '../db/users.ts';
import { internal } from '../errors.ts';
import { hasHook, runHook } from '../hooks.ts';
import { issuer } from '../urls.ts';
import { serializeUser, sortKeys } from './serialize-user.ts';

// GoTrue v2.196 internal/tokens/service.go

/** A session as it goes to the client. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'bearer';
  readonly expires_in: number;
  /** Seconds since 1970. */
  readonly expires_at: number;
  readonly refresh_token: string;
  readonly user: JsonObject;
}

/** What is known of the session that a request signs in to, or fails to. */
export interface SessionTrace {
  readonly userId?: string;
  readonly sessionId?: string;
  readonly refreshToken?: string;
  /** False when a refresh rotated the token. */
  readonly isReused?: boolean;
}

/** A session that was created or refreshed. */
export interface IssuedSession {
  readonly trace: SessionTrace;
  readonly response: TokenResponse;
}

/** How somebody signed in. */
export interface Grant {
  /** The method for the `amr` claim, such as `password`. */
  readonly method: string;
  readonly oauthClientId?: string;
  readonly scopes?: string;
}

/** Signs `user` in: a new session with its refresh token and access token, within the transaction `db`. */
export async function issueSession(ctx: Context, db: Db, user: User, grant: Grant): Promise<IssuedSession> {
  const { method, ...oauth } = grant;
  const { userAgent, ip } = ctx.req;
  const granting = failAs('Database error granting user');
  const session = await insertSession(db, user.id, { userAgent, ip, ...oauth }).catch(granting);
  const refreshToken = await insertRefreshToken(db, user.id, session.id, null).catch(granting);
  await updateUser(db, user, { last_sign_in_at: timestamp() }).catch(granting);
  await addAmrClaim(db, session, method);
  return {
    trace: { userId: user.id, sessionId: session.id, refreshToken },
    response: await issueTokens(ctx, db, { user, session, method, refreshToken }),
  };
}

interface SignIn {
  readonly user: User;
  readonly session: Session;
  readonly method: string;
  readonly refreshToken: string;
}

/** A new access token for a session, with the answer around it. */
export async function issueTokens(ctx: Context, db: Db, signIn: SignIn): Promise<TokenResponse> {
  const { jwtExpiry } = ctx.settings;
  const issuedAt = Math.floor(Date.now() / 1000);
  const claims = await customizeClaims(ctx, db, signIn, accessClaims(ctx, signIn, issuedAt));
  return {
    access_token: await ctx.signer.sign(claims),
    token_type: 'bearer',
    expires_in: jwtExpiry,
    expires_at: issuedAt + jwtExpiry,
    refresh_token: signIn.refreshToken,
    user: serializeUser(signIn.user),
  };
}

function accessClaims(ctx: Context, { user, session }: SignIn, issuedAt: number): JsonObject {
  const { aal, amr } = assessSession(session);
  return {
    iss: issuer(ctx),
    sub: user.id,
    aud: user.aud,
    exp: issuedAt + ctx.settings.jwtExpiry,
    iat: issuedAt,
    email: user.email,
    phone: user.phone,
    app_metadata: sortKeys(user.raw_app_meta_data),
    user_metadata: sortKeys(user.raw_user_meta_data),
    role: user.role,
    aal,
    ...(amr.length > 0 ? { amr } : {}),
    session_id: session.id,
    is_anonymous: user.is_anonymous,
    ...(session.oauth_client_id ? { client_id: session.oauth_client_id } : {}),
    ...(session.scopes ? { scope: session.scopes } : {}),
  };
}

/** The hook `custom_access_token` may change every claim, but must leave those that services rely on well-formed. */
async function customizeClaims(
  ctx: Context,
  db: Db,
  { user, method }: SignIn,
  claims: JsonObject,
): Promise<JsonObject> {
  if (!hasHook(ctx, 'custom_access_token')) return claims;
  const input = { user_id: user.id, claims, authentication_method: method };
  const output = await runHook(ctx, 'custom_access_token', input, db);
  if (!isObject(output.claims)) throw internal('output claims field is missing');
  checkClaims(output.claims);
  return output.claims;
}

const REQUIRED: Readonly<Record<string, string>> = {
  aud: 'string',
  exp: 'number',
  iat: 'number',
  sub: 'string',
  email: 'string',
  phone: 'string',
  role: 'string',
  aal: 'string',
  session_id: 'string',
  is_anonymous: 'boolean',
};

function checkClaims(claims: JsonObject): void {
  const problems = Object.entries(REQUIRED).flatMap(([name, type]) => {
    if (claims[name] === undefined) return [`- (root): ${name} is required\n`];
    const isRight = typeof claims[name] === type || (name === 'aud' && Array.isArray(claims[name]));
    return isRight ? [] : [`- ${name}: Invalid type. Expected: ${type}, given: ${typeof claims[name]}\n`];
  });
  if (problems.length > 0) {
    throw internal(`output claims do not conform to the expected schema: \n${problems.join('')}`);
  }
}
