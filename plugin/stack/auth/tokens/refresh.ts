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
import { issueTokens, type IssuedSession, type SessionTrace } from './issue.ts';

// GoTrue v2.196 internal/tokens/service.go, internal/api/token_refresh.go

/** A refresh that failed; GoTrue's answer names what is known of the session all the same. */
export class RefreshError extends Error {
  override readonly name = 'RefreshError';
  readonly error: unknown;
  readonly trace: SessionTrace;

  constructor(error: unknown, trace: SessionTrace) {
    super('the session was not refreshed');
    this.error = error;
    this.trace = trace;
  }
}

/**
 * Exchanges a refresh token by GoTrue's rules:
 *
 * - the session's active token is rotated;
 * - its direct parent gets the active token again: the client missed the answer, or two tabs refreshed at once;
 * - an older token is rotated within the reuse interval; after that its use revokes all tokens of the session.
 *
 * @param clientId the OAuth client that sends the token; the session must belong to it
 * @throws RefreshError around an AuthError 400 refresh_token_not_found, refresh_token_already_used, session_expired or
 *   user_banned, or an OAuthError
 */
export async function refreshSession(ctx: Context, token: string, clientId?: string): Promise<IssuedSession> {
  let trace: SessionTrace = {};
  try {
    return await transaction(ctx.pool, async (db) => {
      const { user, session, current } = await lockRefresh(db, token);
      trace = { userId: user.id };
      if (isBanned(user)) throw badRequest('user_banned', 'Invalid Refresh Token: User Banned');
      trace = { ...trace, sessionId: session.id };
      checkSession(ctx, session, current, clientId);
      trace = { ...trace, ...(await chooseToken(ctx, db, user, current)) };
      const refreshToken = trace.refreshToken ?? '';
      const response = await issueTokens(ctx, db, { user, session, method: 'token_refresh', refreshToken });
      await markRefreshed(db, session, { userAgent: ctx.req.userAgent, ip: ctx.req.ip });
      return { trace, response };
    });
  } catch (error) {
    throw new RefreshError(error, trace);
  }
}

/** Finds the token with its session and user. Refreshes of one session happen one after the other from here on. */
async function lockRefresh(
  db: Db,
  token: string,
): Promise<{ user: User; session: Session; current: RefreshToken }> {
  const known = await findRefreshToken(db, token);
  const session = known?.session_id ? await findSession(db, known.session_id, true) : undefined;
  // Another request may have used the token before this one got the lock.
  const current = session && (await findRefreshToken(db, token));
  const user = session && (await findUserById(db, session.user_id));
  if (!session || !current || !user) {
    throw badRequest('refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
  }
  return { user, session, current };
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
  { settings }: App,
  db: Db,
  user: User,
  token: RefreshToken,
): Promise<Pick<SessionTrace, 'refreshToken' | 'isReused'>> {
  const sessionId = token.session_id ?? '';
  if (token.revoked) {
    const active = await findActiveRefreshToken(db, sessionId);
    if (active?.parent === token.token) {
      await writeAudit(db, user, 'token_refreshed');
      return { refreshToken: active.token };
    }
    if (Date.now() > millis(token.updated_at) + settings.refreshTokenReuseInterval * 1000) {
      if (settings.refreshTokenRotation) await revokeTokenFamily(db, sessionId);
      throw new CommitWithError(
        badRequest('refresh_token_already_used', 'Invalid Refresh Token: Already Used'),
      );
    }
  }
  await writeAudit(db, user, 'token_refreshed');
  await writeAudit(db, user, 'token_revoked');
  const refreshToken = await rotateRefreshToken(db, token, sessionId);
  // GoTrue writes the value that the column has, which renews updated_at.
  await updateUser(db, user, { last_sign_in_at: user.last_sign_in_at });
  return { refreshToken, isReused: false };
}
