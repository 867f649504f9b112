import type { App, Context } from '../app.ts';
import { timestamp, transaction, type Db } from '../db/database.ts';
import {
  deleteFlowState,
  findFlowState,
  isFlowExpired,
  updateFlowState,
  type FlowState,
} from '../db/flow-states.ts';
import { findUserById, type User } from '../db/users.ts';
import { AuthError, badRequest, internal, OAuthError, unprocessable } from '../errors.ts';
import { errorReply, redirect, type Reply } from '../http/reply.ts';
import { acceptInvite, linkProfile, signInWithProfile } from '../oauth/accounts.ts';
import { exchangeCode, type ProviderSignIn } from '../oauth/exchange.ts';
import { openLocalCode } from '../oauth/local-code.ts';
import { defineProvider } from '../oauth/providers.ts';
import { issueSession } from '../tokens/issue.ts';
import { siteUrl, withFragment, withQuery } from '../urls.ts';
import { callbackUrl } from '../oauth/callback-url.ts';
import { sessionFragment, withSession } from './session-reply.ts';
import { apiVersion } from '../http/request.ts';
import { isUuid } from '../uuid.ts';

// GoTrue v2.196 internal/api/external.go

/** GET or POST /callback: redirects from the provider to the app with an auth code (PKCE), a session or the error. */
export async function callback(ctx: Context): Promise<Reply> {
  const params = ctx.req.method === 'POST' ? new URLSearchParams(ctx.req.body.text) : ctx.req.query;
  let flow: FlowState;
  try {
    flow = await loadFlow(ctx, params.get('state') ?? '');
  } catch (error) {
    return refuseState(ctx, error);
  }
  const target = flow.referrer || siteUrl(ctx);
  try {
    const signIn = await identify(ctx, flow, params);
    return await finish(ctx, flow, signIn, target);
  } catch (error) {
    const details = describeError(error);
    if (!details) throw error;
    const location = withFragment(withQuery(target, details), { ...details, sb: '' }, 'escaped twice');
    return redirect(location, 302, ctx.req.method);
  }
}

async function loadFlow(app: App, state: string): Promise<FlowState> {
  if (state === '') throw badRequest('bad_oauth_callback', 'OAuth state parameter missing');
  if (!isUuid(state)) throw badRequest('bad_oauth_state', 'OAuth state parameter is invalid');
  const flow = await findFlowState(app.pool, { id: state });
  if (!flow) throw badRequest('bad_oauth_state', 'OAuth state not found or expired');
  if (isFlowExpired(flow)) throw badRequest('bad_oauth_state', 'OAuth state has expired');
  if (flow.code_challenge !== null && flow.user_id !== null) throw alreadyUsed();
  return flow;
}

const alreadyUsed = (): Error => badRequest('flow_state_already_used', 'State has already been used');

/** Without a state the app's address is unknown: redirects to the site. GoTrue adds the error to the body, too. */
function refuseState(ctx: Context, error: unknown): Reply {
  const details = describeError(error);
  if (!details) throw error;
  const reply = redirect(withQuery(siteUrl(ctx), details), 303, ctx.req.method);
  const body = errorReply(error, apiVersion(ctx.req)).body ?? '';
  return { ...reply, body: `${reply.body ?? ''}${body}` };
}

async function identify(ctx: Context, flow: FlowState, params: URLSearchParams): Promise<ProviderSignIn> {
  const failure = params.get('error');
  if (failure) throw new OAuthError(failure, params.get('error_description') ?? '');
  const code = params.get('code') ?? '';
  if (code === '') {
    throw badRequest('bad_oauth_callback', 'OAuth callback with missing authorization code missing');
  }
  const name = flow.provider_type;
  const settings = ctx.settings.external.get(name);
  if (!settings) {
    throw badRequest('oauth_provider_not_supported', 'Unsupported provider: provider is not enabled');
  }
  if (settings.clientId === '') return openLocalCode(name, flow.id, code);
  const definition = defineProvider(name, settings);
  if (!definition) throw badRequest('oauth_provider_not_supported', `Unsupported provider: ${name}`);
  const codeVerifier = await takeVerifier(ctx, flow);
  const redirectUri = callbackUrl(ctx, settings);
  const clientId = settings.clientId.split(',')[0] ?? '';
  return exchangeCode(definition, { clientId, secret: settings.secret, code, redirectUri, codeVerifier });
}

async function takeVerifier(app: App, flow: FlowState): Promise<string | undefined> {
  if (flow.oauth_client_state_id === null) return undefined;
  const { rows } = await app.pool.query<{ code_verifier: string }>(
    'delete from auth.oauth_client_states where id = $1 returning code_verifier',
    [flow.oauth_client_state_id],
  );
  if (!rows[0]) throw unprocessable('oauth_client_state_not_found', 'OAuth state not found');
  return rows[0].code_verifier;
}

async function finish(ctx: Context, flow: FlowState, signIn: ProviderSignIn, target: string): Promise<Reply> {
  const goTo = (location: string): Reply => redirect(location, 302, ctx.req.method);
  if (signIn.profile.emails.length === 0 && !flow.email_optional) {
    throw internal('Error getting user email from external provider');
  }
  return transaction(ctx.pool, async (db) => {
    // Locked until the end: of two callbacks with one state only the first signs in.
    const current = await findFlowState(db, { id: flow.id }, true);
    if (!current || current.user_id !== null) throw alreadyUsed();
    const user = await findUser(ctx, db, flow, signIn);
    if (flow.code_challenge !== null && flow.auth_code !== null) {
      await updateFlowState(db, flow, {
        user_id: user.id,
        provider_access_token: signIn.accessToken,
        provider_refresh_token: signIn.refreshToken,
        auth_code_issued_at: timestamp(),
      });
      return goTo(withQuery(target, { code: flow.auth_code }));
    }
    const { response, trace } = await issueSession(ctx, db, user, { method: 'oauth' });
    await deleteFlowState(db, flow.id);
    const provider = {
      provider_token: signIn.accessToken,
      ...(signIn.refreshToken === '' ? {} : { provider_refresh_token: signIn.refreshToken }),
    };
    return withSession(goTo(withFragment(target, sessionFragment(response, provider))), trace);
  });
}

async function findUser(ctx: Context, db: Db, flow: FlowState, { profile }: ProviderSignIn): Promise<User> {
  const person = { provider: flow.provider_type, profile };
  if (flow.linking_target_id !== null) {
    const target = await findUserById(db, flow.linking_target_id);
    if (!target) throw unprocessable('user_not_found', 'Linking target user not found');
    return linkProfile(ctx, db, target, person);
  }
  if (flow.invite_token) return acceptInvite(db, flow.invite_token, person);
  return signInWithProfile(ctx, db, person);
}

const DENIALS = new Set(['signup_disabled', 'user_banned', 'provider_email_needs_verification']);
const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  503: 'temporarily_unavailable',
};

/** The error as parameters; undefined for an unexpected one. */
function describeError(error: unknown): Record<string, string> | undefined {
  if (error instanceof OAuthError) return { error: error.error, error_description: error.message };
  if (!(error instanceof AuthError)) return undefined;
  const name = DENIALS.has(error.code) ? 'access_denied' : (OAUTH_ERRORS[error.status] ?? 'server_error');
  return { error: name, error_code: error.code, error_description: error.message };
}
