import type { Context } from '../app.ts';
import { CommitWithError, transaction, type Db } from '../db/database.ts';
import { badRequest, invalid, notFound } from '../errors.ts';
import { parseParams } from '../http/go-json.ts';
import { json, redirect, type Reply } from '../http/reply.ts';
import { readText, type AuthRequest } from '../http/request.ts';
import { isRedirectAllowed, siteUrl, withQuery } from '../urls.ts';
import {
  findConsent,
  insertAuthorization,
  isAuthorizationExpired,
  lockAuthorization,
  saveConsent,
  updateAuthorization,
  type Authorization,
} from '../db/oauth-authorizations.ts';
import { findClient } from '../db/oauth-clients.ts';
import { isUuid } from '../uuid.ts';
import type { SignedIn } from '../guards.ts';

// GoTrue v2.196 internal/api/oauthserver/authorize.go

const SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'phone', 'offline_access']);
const DEFAULT_SCOPE = 'email';

/** GET /oauth/authorize: redirects to the app's own consent page, `authorization_url_path` on the site. */
export async function authorizeClient(ctx: Context): Promise<Reply> {
  const query = (name: string): string => ctx.req.query.get(name) ?? '';
  if (query('client_id') === '') throw invalid('client_id is required');
  const redirectUri = query('redirect_uri');
  if (redirectUri === '') throw invalid('redirect_uri is required');
  if (!isUuid(query('client_id'))) throw badRequest('oauth_client_not_found', 'invalid client_id format');
  const client = await findClient(ctx.pool, query('client_id'));
  if (!client) throw badRequest('oauth_client_not_found', 'invalid client_id');
  if (!client.redirect_uris.split(',').includes(redirectUri)) throw invalid('invalid redirect_uri');
  const scope = query('scope') || DEFAULT_SCOPE;
  const problem = requestProblem(query, scope);
  if (problem !== undefined) {
    const location = errorUrl(redirectUri, 'invalid_request', problem, query('state'));
    return redirect(location, 302, ctx.req.method);
  }
  const authorization = await insertAuthorization(ctx.pool, {
    client_id: client.id,
    redirect_uri: redirectUri,
    scope,
    state: query('state') || null,
    resource: query('resource') || null,
    code_challenge: query('code_challenge'),
    code_challenge_method: query('code_challenge_method').toLowerCase() as 's256' | 'plain',
    nonce: query('nonce') || null,
  });
  const path = ctx.settings.oauthServer.authorizationPath.replace(/^\/*/, '/');
  const page = `${siteUrl(ctx).replace(/\/+$/, '')}${path}`;
  return redirect(`${page}?authorization_id=${authorization.authorization_id}`, 302, ctx.req.method);
}

function requestProblem(query: (name: string) => string, scope: string): string | undefined {
  if ((query('response_type') || 'code') !== 'code') return 'only response_type=code is supported';
  const scopes = scope.split(/\s+/).filter(Boolean);
  if (scopes.length === 0) return 'scope parameter cannot be empty';
  const unknown = scopes.find((name) => !SCOPES.has(name));
  if (unknown !== undefined) return `unsupported scope: ${unknown}`;
  const resource = query('resource');
  if (resource !== '') {
    if (!URL.canParse(resource)) return 'resource must be an absolute URI';
    const { hash, search } = new URL(resource);
    if (hash !== '') return 'resource must not include a fragment component';
    if (search !== '') return 'resource must not include a query component';
  }
  const [challenge, method] = [query('code_challenge'), query('code_challenge_method')];
  if (challenge === '' || method === '') {
    return 'PKCE flow requires both code_challenge and code_challenge_method';
  }
  if (!/^(?:s256|plain)$/i.test(method)) return "code_challenge_method must be 'S256' or 'plain'";
  if (challenge.length < 43 || challenge.length > 128) {
    return 'code_challenge must be between 43 and 128 characters';
  }
  return undefined;
}

const gone = (): Error => notFound('oauth_authorization_not_found', 'authorization not found');

/** GET /oauth/authorizations/:authorization_id: details for the consent page, or the redirect if access was granted before. */
export async function getAuthorization(ctx: Context, { user }: SignedIn): Promise<Reply> {
  checkOrigin(ctx);
  const { authorization, isApproved } = await transaction(ctx.pool, async (db) => {
    const found = await lockPending(ctx, db, 'authorization request cannot be processed');
    if (found.user_id !== null && found.user_id !== user.id) throw gone();
    if (found.user_id === null) await updateAuthorization(db, found, { user_id: user.id });
    const granted = await findConsent(db, user.id, found.client_id);
    const covers = granted !== undefined && found.scope.split(' ').every((scope) => granted.includes(scope));
    if (covers) await updateAuthorization(db, found, { status: 'approved' });
    return { authorization: found, isApproved: covers };
  });
  if (isApproved) return json({ redirect_url: successUrl(authorization) });
  const client = await findClient(ctx.pool, authorization.client_id);
  if (!client) throw gone();
  const optional = (name: string, value: string | null): Record<string, string> =>
    value ? { [name]: value } : {};
  return json({
    authorization_id: authorization.authorization_id,
    redirect_uri: authorization.redirect_uri,
    client: {
      id: client.id,
      ...optional('name', client.client_name),
      ...optional('uri', client.client_uri),
      ...optional('logo_uri', client.logo_uri),
    },
    user: { id: user.id, ...optional('email', user.email) },
    scope: authorization.scope,
  });
}

const CONSENT = { name: 'ConsentRequest', fields: { action: 'string' } } as const;

/** POST /oauth/authorizations/:authorization_id/consent: `approve` or `deny`. */
export async function decideAuthorization(ctx: Context, { user }: SignedIn): Promise<Reply> {
  checkOrigin(ctx);
  const action = readAction(ctx.req);
  const redirectUrl = await transaction(ctx.pool, async (db) => {
    const authorization = await lockPending(ctx, db, 'authorization request is no longer pending');
    if (authorization.user_id !== user.id) throw gone();
    if (action === 'approve') {
      await updateAuthorization(db, authorization, { status: 'approved' });
      await saveConsent(db, user.id, authorization.client_id, authorization.scope);
      return successUrl(authorization);
    }
    await updateAuthorization(db, authorization, { status: 'denied' });
    const { redirect_uri, state } = authorization;
    return errorUrl(redirect_uri, 'access_denied', 'User denied the request', state ?? '');
  });
  return json({ redirect_url: redirectUrl });
}

function readAction(req: AuthRequest): 'approve' | 'deny' {
  let action: string;
  try {
    action = parseParams(readText(req), CONSENT).action;
  } catch {
    throw badRequest('bad_json', 'invalid JSON body');
  }
  if (action === 'approve' || action === 'deny') return action;
  throw invalid("action must be 'approve' or 'deny'");
}

async function lockPending(ctx: Context, db: Db, notPending: string): Promise<Authorization> {
  const authorization = await lockAuthorization(db, { id: ctx.params.authorization_id ?? '' });
  if (!authorization) throw gone();
  if (authorization.status === 'pending' && isAuthorizationExpired(authorization)) {
    await updateAuthorization(db, authorization, { status: 'expired' });
    throw new CommitWithError(gone());
  }
  if (authorization.status !== 'pending') throw invalid(notPending);
  return authorization;
}

/** Refuses pages of other sites: the consent page is on the project's site. */
function checkOrigin(ctx: Context): void {
  const { origin } = ctx.req.headers;
  if (origin !== undefined && !isRedirectAllowed(ctx, origin)) {
    throw invalid('unauthorized request origin');
  }
}

function successUrl({ redirect_uri, authorization_code, state }: Authorization): string {
  return withQuery(redirect_uri, { code: authorization_code ?? '', ...(state ? { state } : {}) });
}

function errorUrl(redirectUri: string, error: string, description: string, state: string): string {
  return withQuery(redirectUri, { error, error_description: description, ...(state ? { state } : {}) });
}
