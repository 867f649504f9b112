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
import { openLocalCode } from '../oauth/local-consent.ts';
import { defineProvider } from '../oauth/providers.ts';
import { issueSession } from '../tokens/issue.ts';
import { siteUrl, withFragment, withQuery } from '../urls.ts';
import { callbackUrl } from './authorize.ts';
import { sessionFragment } from './verify.ts';
import { isUuid } from '../uuid.ts';

/** GET or POST /callback: back from the provider; on to the app with an auth code (PKCE), a session or the error. */
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
    return redirect(await finish(ctx, flow, signIn, target), 302, ctx.req.method);
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

/** Without a state it is not known where the app is: to the site, with the error also in the body, as the original. */
function refuseState(ctx: Context, error: unknown): Reply {
  const details = describeError(error);
  if (!details) throw error;
  const reply = redirect(withQuery(siteUrl(ctx), details), 303, ctx.req.method);
  const version = ctx.req.headers['x-supabase-api-version'];
  const body = errorReply(error, typeof version === 'string' ? version : undefined).body ?? '';
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
  if (settings.clientId === '') return openLocalCode(ctx, name, flow.id, code);
  const definition = defineProvider(name, settings);
  if (!definition) throw badRequest('oauth_provider_not_supported', `Unsupported provider: ${name}`);
  const verifier = await takeVerifier(ctx, flow);
  const uri = callbackUrl(ctx, settings);
  const client = { ...settings, clientId: settings.clientId.split(',')[0] ?? '' };
  return exchangeCode(definition, client, code, uri, verifier);
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

async function finish(
  ctx: Context,
  flow: FlowState,
  signIn: ProviderSignIn,
  target: string,
): Promise<string> {
  if (signIn.profile.emails.length === 0 && !flow.email_optional) {
    throw internal('Error getting user email from external provider');
  }
  return transaction(ctx.pool, async (db) => {
    // Held from here on: of two callbacks with one state only the first signs in.
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
      return withQuery(target, { code: flow.auth_code });
    }
    const { response } = await issueSession(ctx, db, user, 'oauth');
    await deleteFlowState(db, flow.id);
    const provider = {
      provider_token: signIn.accessToken,
      ...(signIn.refreshToken === '' ? {} : { provider_refresh_token: signIn.refreshToken }),
    };
    return withFragment(target, sessionFragment(response, provider));
  });
}

async function findUser(ctx: Context, db: Db, flow: FlowState, { profile }: ProviderSignIn): Promise<User> {
  const provider = flow.provider_type;
  if (flow.linking_target_id !== null) {
    const target = await findUserById(db, flow.linking_target_id);
    if (!target) throw unprocessable('user_not_found', 'Linking target user not found');
    return linkProfile(ctx, db, target, provider, profile);
  }
  if (flow.invite_token) return acceptInvite(ctx, db, flow.invite_token, provider, profile);
  return signInWithProfile(ctx, db, provider, profile);
}

const DENIALS = new Set(['signup_disabled', 'user_banned', 'provider_email_needs_verification']);
const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  503: 'temporarily_unavailable',
};

/** Undefined for what is nobody's fault but this service's. */
function describeError(error: unknown): Record<string, string> | undefined {
  if (error instanceof OAuthError) return { error: error.error, error_description: error.message };
  if (!(error instanceof AuthError)) return undefined;
  const name = DENIALS.has(error.code) ? 'access_denied' : (OAUTH_ERRORS[error.status] ?? 'server_error');
  return { error: name, error_code: error.code, error_description: error.message };
}
