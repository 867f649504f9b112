import type { Context } from '../app.ts';
import { type Db, timestamp } from '../db/database.ts';
import { insertRefreshToken } from '../db/refresh-tokens.ts';
import { addAmrClaim, assessSession, insertSession, type Session } from '../db/sessions.ts';
import { updateUser, type User } from '../db/users.ts';
import { hasHook, runHook } from '../hooks.ts';
import { internal } from '../errors.ts';
import { issuer } from '../urls.ts';
import { serializeUser, sortKeys } from './serialize-user.ts';
import { isObject, type JsonObject } from '../../../shared/json.ts';

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

/** Signs `user` in: a new session with its refresh token and access token, within the transaction `db`. */
export async function issueSession(
  ctx: Context,
  db: Db,
  user: User,
  method: string,
  oauth: { readonly oauthClientId?: string; readonly scopes?: string } = {},
): Promise<{ session: Session; response: TokenResponse }> {
  const session = await insertSession(db, user.id, {
    userAgent: ctx.req.userAgent,
    ip: ctx.req.ip,
    ...oauth,
  });
  const refreshToken = await insertRefreshToken(db, user.id, session.id, null);
  await updateUser(db, user, { last_sign_in_at: timestamp() });
  await addAmrClaim(db, session, method);
  ctx.req.responseHeaders['sb-auth-user-id'] = user.id;
  ctx.req.responseHeaders['sb-auth-session-id'] = session.id;
  ctx.req.responseHeaders['sb-auth-refresh-token-prefix'] = refreshToken.slice(0, 5);
  return { session, response: await respondWithTokens(ctx, db, user, session, method, refreshToken) };
}

/** An access token for this session, and the answer around it. */
export async function respondWithTokens(
  ctx: Context,
  db: Db,
  user: User,
  session: Session,
  method: string,
  refreshToken: string,
): Promise<TokenResponse> {
  const issuedAt = Math.floor(Date.now() / 1000);
  const expiresAt = issuedAt + ctx.settings.jwtExpiry;
  const claims = accessClaims(ctx, user, session, issuedAt, expiresAt);
  return {
    access_token: await ctx.signer.sign(await customizeClaims(ctx, db, user, claims, method)),
    token_type: 'bearer',
    expires_in: ctx.settings.jwtExpiry,
    expires_at: expiresAt,
    refresh_token: refreshToken,
    user: serializeUser(user),
  };
}

function accessClaims(
  ctx: Context,
  user: User,
  session: Session,
  issuedAt: number,
  expiresAt: number,
): JsonObject {
  const { aal, amr } = assessSession(session);
  return {
    iss: issuer(ctx),
    sub: user.id,
    aud: user.aud,
    exp: expiresAt,
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

/** The hook `custom_access_token` may change everything but the shape of what services rely on. */
async function customizeClaims(
  ctx: Context,
  db: Db,
  user: User,
  claims: JsonObject,
  method: string,
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
