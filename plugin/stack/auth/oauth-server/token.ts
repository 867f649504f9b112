import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { timestamp, transaction, type Db } from '../db/database.ts';
import { verifyCodeVerifier } from '../db/flow-states.ts';
import { findUserById, isBanned, isConfirmed, isPhoneConfirmed, type User } from '../db/users.ts';
import { badRequest, internal, invalid, notFound, OAuthError } from '../errors.ts';
import { json, noContent, type Reply } from '../http/reply.ts';
import { readText, type AuthRequest } from '../http/request.ts';
import { issueSession } from '../tokens/issue.ts';
import { refreshSession } from '../tokens/refresh.ts';
import { sortKeys } from '../tokens/serialize-user.ts';
import { issuer } from '../urls.ts';
import {
  deleteAuthorization,
  findConsent,
  isAuthorizationExpired,
  lockAuthorization,
  type Authorization,
} from './authorizations.ts';
import { findClient, isSecretRight, type OAuthClient } from './clients.ts';
import { isObject, type JsonObject } from '../../../shared/json.ts';
import { isUuid } from '../uuid.ts';
import type { SignedIn } from '../guards.ts';

/** POST /oauth/token: an authorization code or a refresh token for tokens (RFC 6749 with PKCE). */
export async function exchangeToken(ctx: Context): Promise<Reply> {
  const params = readTokenParams(ctx.req);
  const client = await authenticateClient(ctx, params);
  const grant = params.get('grant_type') ?? '';
  if (grant === '') throw new OAuthError('invalid_request', 'grant_type is required');
  if (!client) throw new OAuthError('invalid_client', 'Client authentication required');
  if (!client.grant_types.split(',').includes(grant)) {
    throw new OAuthError('unsupported_grant_type', `Client is not allowed to use grant type: ${grant}`);
  }
  return grant === 'authorization_code'
    ? exchangeAuthorizationCode(ctx, client, params)
    : exchangeRefreshToken(ctx, client, params);
}

function readTokenParams(req: AuthRequest): URLSearchParams {
  const text = readText(req);
  if (!(req.headers['content-type'] ?? '').includes('application/json')) return new URLSearchParams(text);
  try {
    const body: unknown = JSON.parse(text);
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(isObject(body) ? body : {})) {
      if (typeof value === 'string') params.set(name, value);
    }
    return params;
  } catch {
    throw new OAuthError('invalid_request', 'Invalid JSON body');
  }
}

async function authenticateClient(ctx: Context, params: URLSearchParams): Promise<OAuthClient | undefined> {
  const basic = /^Basic (.+)$/i.exec(ctx.req.headers.authorization ?? '')?.[1];
  const [user = '', password = ''] = basic ? splitBasic(basic) : [];
  const id = basic ? user : (params.get('client_id') ?? '');
  const secret = basic ? password : (params.get('client_secret') ?? '');
  if (id === '') return undefined;
  const refuse = (message: string): Error => badRequest('invalid_credentials', message);
  if (!isUuid(id)) throw refuse('Invalid client_id format');
  const client = await findClient(ctx.pool, id);
  if (!client) throw refuse('Invalid client credentials');
  const used = basic ? 'client_secret_basic' : secret === '' ? 'none' : 'client_secret_post';
  if (used !== client.token_endpoint_auth_method) {
    throw refuse(
      `invalid authentication method: client is registered for '${client.token_endpoint_auth_method}' but '${used}' was used`,
    );
  }
  if (client.client_type === 'confidential' && !isSecretRight(client, secret)) {
    throw refuse('invalid client credentials');
  }
  return client;
}

/** RFC 6749, 2.3.1: both parts are form-encoded before they are joined. */
function splitBasic(credentials: string): string[] {
  const text = Buffer.from(credentials, 'base64').toString();
  const colon = text.indexOf(':');
  const parts = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return parts.map((part) => new URLSearchParams(`x=${part}`).get('x') ?? '');
}

async function exchangeAuthorizationCode(
  ctx: Context,
  client: OAuthClient,
  params: URLSearchParams,
): Promise<Reply> {
  const code = params.get('code') ?? '';
  if (code === '') throw new OAuthError('invalid_request', 'code is required for authorization_code grant');
  const { authorization, user, response } = await transaction(ctx.pool, async (db) => {
    const found = await lockAuthorization(db, { code });
    const owner = await checkCode(db, found, client, params);
    await writeAudit(db, owner.user, 'login', {
      provider_type: 'oauth_provider_authorization_code',
      client_id: client.id,
    });
    const method = 'oauth_provider/authorization_code';
    const oauth = { oauthClientId: client.id, scopes: owner.authorization.scope };
    const session = await issueSession(ctx, db, owner.user, method, oauth);
    await deleteAuthorization(db, owner.authorization.id);
    return { ...owner, response: session.response };
  });
  const scopes = authorization.scope.split(' ');
  const idToken = scopes.includes('openid')
    ? { id_token: await signIdToken(ctx, user, client, authorization, scopes) }
    : {};
  return json({ ...tokenReply(response), ...idToken });
}

async function checkCode(
  db: Db,
  authorization: Authorization | undefined,
  client: OAuthClient,
  params: URLSearchParams,
): Promise<{ authorization: Authorization; user: User }> {
  const refuse = (reason: string): Error => new OAuthError('invalid_grant', reason);
  if (!authorization) throw refuse('Invalid authorization code');
  if (isAuthorizationExpired(authorization)) throw refuse('Authorization code has expired');
  if (authorization.client_id !== client.id) {
    throw refuse('Authorization code was not issued for this client');
  }
  const resource = params.get('resource') ?? '';
  if (resource !== '' && resource !== authorization.resource) {
    throw refuse('Authorization code resource does not match the resource parameter');
  }
  const redirectUri = params.get('redirect_uri') ?? '';
  if (redirectUri !== '' && redirectUri !== authorization.redirect_uri) throw refuse('Invalid redirect_uri');
  const { code_challenge: challenge, code_challenge_method: method } = authorization;
  if (!verifyCodeVerifier(challenge, method, params.get('code_verifier') ?? '')) {
    throw refuse('PKCE verification failed: code challenge does not match previously saved code verifier');
  }
  if (authorization.user_id === null) throw refuse('Authorization code has no associated user');
  const user = await findUserById(db, authorization.user_id);
  if (!user) throw refuse('User not found for authorization code');
  if (isBanned(user)) throw new OAuthError('access_denied', 'User is banned');
  return { authorization, user };
}

async function exchangeRefreshToken(
  ctx: Context,
  client: OAuthClient,
  params: URLSearchParams,
): Promise<Reply> {
  const token = params.get('refresh_token') ?? '';
  if (token === '') {
    throw new OAuthError('invalid_request', 'refresh_token is required for refresh_token grant');
  }
  return json(tokenReply(await refreshSession(ctx, token, client.id)));
}

function tokenReply(response: {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token: string;
}): JsonObject {
  const { access_token, expires_in, refresh_token } = response;
  return { access_token, expires_in, refresh_token, token_type: 'bearer' };
}

/** OpenID Connect: who signed in, for the client. Needs a signing key that others can verify. */
async function signIdToken(
  ctx: Context,
  user: User,
  client: OAuthClient,
  { nonce }: Authorization,
  scopes: readonly string[],
): Promise<string> {
  if (ctx.signer.algorithm === 'HS256') {
    throw internal('Error generating ID token', new Error('HS256 is not supported for ID token signing'));
  }
  const now = Math.floor(Date.now() / 1000);
  const phone = {
    ...(user.phone ? { phone_number: user.phone } : {}),
    phone_number_verified: isPhoneConfirmed(user),
  };
  return ctx.signer.sign({
    iss: issuer(ctx),
    sub: user.id,
    aud: client.id,
    exp: now + 3600,
    iat: now,
    ...(nonce ? { nonce } : {}),
    auth_time: Math.floor(Date.parse(user.last_sign_in_at ?? timestamp()) / 1000),
    ...(scopes.includes('email') ? { email: user.email, email_verified: isConfirmed(user) } : {}),
    ...(scopes.includes('phone') ? phone : {}),
    ...(scopes.includes('profile') ? profileClaims(user) : {}),
    client_id: client.id,
  });
}

function profileClaims(user: User): JsonObject {
  const data = user.raw_user_meta_data;
  const text = (...names: string[]): string =>
    names
      .map((name) => data[name])
      .find((value): value is string => typeof value === 'string' && value !== '') ?? '';
  const entries = Object.entries({
    name: text('name') || user.email,
    picture: text('picture', 'avatar_url'),
    preferred_username: text('preferred_username', 'username'),
    updated_at: Math.floor(Date.parse(user.updated_at) / 1000),
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

/** GET /oauth/userinfo: claims by the scopes of the session (OpenID Connect 5.3). */
export function userInfo(_ctx: Context, { user, session }: SignedIn): Reply {
  const scopes = session?.scopes?.split(' ') ?? [];
  const email = {
    ...(user.email ? { email: user.email } : {}),
    ...(isConfirmed(user) ? { email_verified: true } : {}),
  };
  const phone = {
    ...(user.phone ? { phone: user.phone } : {}),
    ...(isPhoneConfirmed(user) ? { phone_verified: true } : {}),
  };
  return json(
    sortKeys({
      sub: user.id,
      ...(scopes.includes('email') ? email : {}),
      ...(scopes.includes('profile')
        ? { ...profileClaims(user), user_metadata: user.raw_user_meta_data }
        : {}),
      ...(scopes.includes('phone') ? phone : {}),
    }),
  );
}

/** GET /user/oauth/grants: the applications that the user has let in. */
export async function listGrants(ctx: Context, { user }: SignedIn): Promise<Reply> {
  const { rows } = await ctx.pool.query<{
    id: string;
    client_name: string | null;
    client_uri: string | null;
    logo_uri: string | null;
    scopes: string;
    granted_at: string;
  }>(
    `select c.id, c.client_name, c.client_uri, c.logo_uri, g.scopes, g.granted_at
     from auth.oauth_consents g join auth.oauth_clients c on c.id = g.client_id and c.deleted_at is null
     where g.user_id = $1 and g.revoked_at is null order by g.granted_at desc`,
    [user.id],
  );
  return json(
    rows.map((row) => ({
      client: {
        id: row.id,
        ...(row.client_name ? { name: row.client_name } : {}),
        ...(row.client_uri ? { uri: row.client_uri } : {}),
        ...(row.logo_uri ? { logo_uri: row.logo_uri } : {}),
      },
      scopes: row.scopes.split(' '),
      granted_at: row.granted_at,
    })),
  );
}

/** DELETE /user/oauth/grants?client_id=…: takes the grant back and ends the application's sessions. */
export async function revokeGrant(ctx: Context, { user }: SignedIn): Promise<Reply> {
  const clientId = ctx.req.query.get('client_id') ?? '';
  if (clientId === '') throw invalid('client_id query parameter is required');
  if (!isUuid(clientId)) throw invalid('invalid client_id format');
  await transaction(ctx.pool, async (db) => {
    if (!(await findConsent(db, user.id, clientId))) {
      throw notFound('oauth_consent_not_found', 'No active grant found for this client');
    }
    await db.query('update auth.oauth_consents set revoked_at = $3 where user_id = $1 and client_id = $2', [
      user.id,
      clientId,
      timestamp(),
    ]);
    await db.query('delete from auth.sessions where user_id = $1 and oauth_client_id = $2', [
      user.id,
      clientId,
    ]);
    await writeAudit(db, user, 'token_revoked', { oauth_client_id: clientId, action: 'revoke_oauth_grant' });
  });
  return noContent;
}
