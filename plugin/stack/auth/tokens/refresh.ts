import type { App, Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { CommitWithError, millis, transaction, type Db } from '../db/database.ts';
import {
  findActiveRefreshToken,
  findRefreshToken,
  revokeTokenFamily,
  rotateRefreshToken,
  type RefreshToken,
} from '../db/refresh-tokens.ts';
import { findSession, markRefreshed, sessionExpiry, type Session } from '../db/sessions.ts';
import { findUserById, isBanned, updateUser, type User } from '../db/users.ts';
import { badRequest, OAuthError } from '../errors.ts';
import { respondWithTokens, type TokenResponse } from './issue.ts';

const notFound = (): Error =>
  badRequest('refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');

/**
 * Exchanges a refresh token, by the original's rules: the active token is rotated; the direct parent of the active one
 * always gets the active one (its client missed the answer, or two tabs asked at once); an older one is renewed within
 * the reuse interval, and after it ends the whole family.
 *
 * @param clientId the OAuth client that asks; the session must be of the same one
 * @throws AuthError 400 refresh_token_not_found, refresh_token_already_used, session_expired, user_banned
 */
export async function refreshSession(ctx: Context, token: string, clientId?: string): Promise<TokenResponse> {
  return transaction(ctx.pool, async (db) => {
    const known = await findRefreshToken(db, token);
    if (!known?.session_id) throw notFound();
    // All refreshes of a session pass here one by one; the token is read again once it is our turn.
    const session = await findSession(db, known.session_id, true);
    const current = await findRefreshToken(db, token);
    const user = session && (await findUserById(db, session.user_id));
    if (!session || !current || !user) throw notFound();
    ctx.req.responseHeaders['sb-auth-user-id'] = user.id;
    if (isBanned(user)) throw badRequest('user_banned', 'Invalid Refresh Token: User Banned');
    ctx.req.responseHeaders['sb-auth-session-id'] = session.id;
    checkSession(ctx, session, current, clientId);
    const issued = await chooseToken(ctx, db, user, session, current);
    ctx.req.responseHeaders['sb-auth-refresh-token-prefix'] = issued.slice(0, 5);
    const response = await respondWithTokens(ctx, db, user, session, 'token_refresh', issued);
    await markRefreshed(db, session, { userAgent: ctx.req.userAgent, ip: ctx.req.ip });
    return response;
  });
}

function checkSession(app: App, session: Session, token: RefreshToken, clientId: string | undefined): void {
  const expiry = sessionExpiry(session, app.settings.sessions, token.updated_at);
  if (expiry !== undefined) {
    const reason = expiry === 'inactive' ? ' (Inactivity)' : '';
    throw badRequest('session_expired', `Invalid Refresh Token: Session Expired${reason}`);
  }
  if (session.oauth_client_id === (clientId ?? null)) return;
  if (session.oauth_client_id === null) {
    throw new OAuthError('invalid_client', 'Client authentication not allowed for non-OAuth session');
  }
  throw new OAuthError(
    'invalid_client',
    clientId === undefined
      ? 'Client authentication required for OAuth session'
      : "Client does not match the session's OAuth client",
  );
}

async function chooseToken(
  ctx: Context,
  db: Db,
  user: User,
  session: Session,
  token: RefreshToken,
): Promise<string> {
  if (token.revoked) {
    const active = await findActiveRefreshToken(db, session.id);
    if (active?.parent === token.token) {
      await writeAudit(db, user, 'token_refreshed');
      return active.token;
    }
    if (Date.now() > millis(token.updated_at) + ctx.settings.refreshTokenReuseInterval * 1000) {
      if (ctx.settings.refreshTokenRotation) await revokeTokenFamily(db, session.id);
      throw new CommitWithError(
        badRequest('refresh_token_already_used', 'Invalid Refresh Token: Already Used'),
      );
    }
  }
  await writeAudit(db, user, 'token_refreshed');
  await writeAudit(db, user, 'token_revoked');
  const issued = await rotateRefreshToken(db, token, session.id);
  // The original touches the row with the value it has.
  await updateUser(db, user, { last_sign_in_at: user.last_sign_in_at });
  ctx.req.responseHeaders['sb-auth-refresh-token-reuse'] = 'false';
  return issued;
}
