import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { App, Context } from '../app.ts';
import { timestamp } from '../db/database.ts';
import { insertFlowState } from '../db/flow-states.ts';
import { findOneTimeTokenOwner } from '../db/one-time-tokens.ts';
import type { User } from '../db/users.ts';
import { invalid, notFound } from '../errors.ts';
import { json, redirect, type Reply } from '../http/reply.ts';
import { defineProvider } from '../oauth/providers.ts';
import { PROVIDER_NAMES } from '../settings/external.ts';
import { callbackUrl } from '../oauth/callback-url.ts';
import { externalUrl, redirectTarget, withQuery } from '../urls.ts';
import { checkCodeChallenge, parseChallengeMethod } from '../secrets/pkce.ts';
import type { SignedIn } from '../guards.ts';

// Parameters of the request to the provider that a client may not set.
const RESERVED = new Set([
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'code_challenge',
  'code_challenge_method',
  'scope',
  'request',
  'request_uri',
]);

// GoTrue v2.196 internal/api/external.go, identity.go

/** GET /authorize: redirects to the provider. */
export async function authorize(ctx: Context): Promise<Reply> {
  return redirect(await providerUrl(ctx), 302, ctx.req.method);
}

/** GET /user/identities/authorize: as GET /authorize, to link the provider's identity to the signed-in user. */
export async function authorizeLink(ctx: Context, { user }: SignedIn): Promise<Reply> {
  const url = await providerUrl(ctx, user);
  return ctx.req.query.get('skip_http_redirect') === 'true'
    ? json({ url })
    : redirect(url, 302, ctx.req.method);
}

async function providerUrl(ctx: Context, linkTo?: User): Promise<string> {
  const name = (ctx.req.query.get('provider') ?? '').toLowerCase();
  if (!PROVIDER_NAMES.has(name)) throw invalid(`Unsupported provider: Provider ${name} could not be found`);
  const settings = ctx.settings.external.get(name);
  if (!settings) throw invalid('Unsupported provider: provider is not enabled');
  const isLocal = settings.clientId === '';
  const definition = isLocal ? undefined : defineProvider(name, settings);
  if (!isLocal && !definition) {
    throw invalid(
      `Unsupported provider: ${name} works here only without client_id, on the local consent page`,
    );
  }
  const inviteToken = ctx.req.query.get('invite_token') ?? '';
  if (inviteToken !== '' && !(await findOneTimeTokenOwner(ctx.pool, inviteToken, ['confirmation_token']))) {
    throw notFound('user_not_found', 'User identified by token not found');
  }
  const pkce = checkCodeChallenge(
    ctx.req.query.get('code_challenge') ?? '',
    ctx.req.query.get('code_challenge_method') ?? '',
  );
  const verifier = definition?.pkce ? await saveVerifier(ctx, name) : undefined;
  const flow = await insertFlowState(
    ctx.pool,
    {
      provider_type: name,
      authentication_method: 'oauth',
      invite_token: inviteToken || null,
      referrer: redirectTarget(ctx),
      oauth_client_state_id: verifier?.id ?? null,
      linking_target_id: linkTo?.id ?? null,
      email_optional: settings.emailOptional,
    },
    pkce.challenge === '' ? undefined : { ...pkce, method: parseChallengeMethod(pkce.method) },
  );
  const redirectUri = callbackUrl(ctx, settings);
  if (!definition) {
    const params = { provider: name, state: flow.id, redirect_uri: redirectUri };
    return withQuery(`${externalUrl(ctx)}/dev/consent`, params);
  }
  const extra = [...ctx.req.query].filter(
    ([key]) => key !== 'provider' && key !== 'scopes' && !RESERVED.has(key.toLowerCase()),
  );
  const scopes = (ctx.req.query.get('scopes') ?? '').split(',').filter(Boolean);
  return withQuery(definition.authorizeUrl, {
    ...Object.fromEntries(extra),
    client_id: settings.clientId.split(',')[0] ?? '',
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: [...definition.scopes, ...scopes].join(' '),
    state: flow.id,
    ...(verifier ? { code_challenge: verifier.challenge, code_challenge_method: 'S256' } : {}),
  });
}

async function saveVerifier(app: App, provider: string): Promise<{ id: string; challenge: string }> {
  const id = randomUUID();
  const verifier = randomBytes(32).toString('base64url');
  await app.pool.query(
    'insert into auth.oauth_client_states (id, provider_type, code_verifier, created_at) values ($1, $2, $3, $4)',
    [id, provider, verifier, timestamp()],
  );
  return { id, challenge: createHash('sha256').update(verifier).digest('base64url') };
}
