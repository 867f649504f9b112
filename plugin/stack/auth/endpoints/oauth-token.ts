import { isObject, parseJson, type JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction, type Db } from '../db/database.ts';
import {
  deleteAuthorization,
  isAuthorizationExpired,
  lockAuthorization,
  type Authorization,
} from '../db/oauth-authorizations.ts';
import type { OAuthClient } from '../db/oauth-clients.ts';
import { findUserById, isBanned, type User } from '../db/users.ts';
import { OAuthError } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readText, type AuthRequest } from '../http/request.ts';
import { authenticateClient } from '../oauth-server/authenticate-client.ts';
import { signIdToken } from '../oauth-server/id-token.ts';
import { verifyCodeVerifier } from '../secrets/pkce.ts';
import { issueSession, type IssuedSession } from '../tokens/issue.ts';
import { refreshSession } from '../tokens/refresh.ts';
import { sessionHeaders } from './session-reply.ts';

// GoTrue v2.196 internal/api/oauthserver/handlers.go

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
  const body = parseJson(text);
  if (body === undefined) throw new OAuthError('invalid_request', 'Invalid JSON body');
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(isObject(body) ? body : {})) {
    if (typeof value === 'string') params.set(name, value);
  }
  return params;
}

async function exchangeAuthorizationCode(
  ctx: Context,
  client: OAuthClient,
  params: URLSearchParams,
): Promise<Reply> {
  const code = params.get('code') ?? '';
  if (code === '') throw new OAuthError('invalid_request', 'code is required for authorization_code grant');
  const { authorization, user, issued } = await transaction(ctx.pool, async (db) => {
    const proof = await checkCode(db, await lockAuthorization(db, { code }), client, params);
    const traits = { provider_type: 'oauth_provider_authorization_code', client_id: client.id };
    await writeAudit(db, proof.user, 'login', { traits });
    const session = await issueSession(ctx, db, proof.user, {
      method: 'oauth_provider/authorization_code',
      oauthClientId: client.id,
      scopes: proof.authorization.scope,
    });
    await deleteAuthorization(db, proof.authorization.id);
    return { ...proof, issued: session };
  });
  const hasIdToken = authorization.scope.split(' ').includes('openid');
  return tokenReply(issued, hasIdToken ? { id_token: await signIdToken(ctx, user, authorization) } : {});
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
  return tokenReply(await refreshSession(ctx, token, client.id));
}

/** The answer of RFC 6749: the tokens without the user. */
function tokenReply({ response, trace }: IssuedSession, extra: JsonObject = {}): Reply {
  const { access_token, expires_in, refresh_token } = response;
  const tokens = { access_token, expires_in, refresh_token, token_type: 'bearer' };
  return json({ ...tokens, ...extra }, 200, sessionHeaders(trace));
}
