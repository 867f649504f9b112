import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { App } from '../app.ts';
import { userOf } from '../guards.ts';
import { timestamp } from '../db/database.ts';
import { insertFlowState } from '../db/flow-states.ts';
import { findOneTimeTokenOwner } from '../db/one-time-tokens.ts';
import type { User } from '../db/users.ts';
import { invalid, notFound } from '../errors.ts';
import { json, redirect, type Reply } from '../http/reply.ts';
import type { AuthRequest } from '../http/request.ts';
import { defineProvider, PROVIDER_NAMES } from '../oauth/providers.ts';
import type { ExternalProvider } from '../settings-external.ts';
import { externalUrl, redirectTarget, withQuery } from '../urls.ts';
import { checkCodeChallenge } from '../validate.ts';

// What this service decides in the request to the provider; a client may not.
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

/** GET /authorize: on to the provider. */
export async function authorize(app: App, req: AuthRequest): Promise<Reply> {
  return redirect(await providerUrl(app, req), 302, req.method);
}

/** GET /user/identities/authorize: the same, to link the provider's identity to the signed-in user. */
export async function authorizeLink(app: App, req: AuthRequest): Promise<Reply> {
  const url = await providerUrl(app, req, userOf(req));
  return req.query.get('skip_http_redirect') === 'true' ? json({ url }) : redirect(url, 302, req.method);
}

/** Where the provider sends people back to. */
export function callbackUrl(app: App, req: AuthRequest, settings: ExternalProvider): string {
  return settings.redirectUri || `${externalUrl(app.settings, req)}/callback`;
}

async function providerUrl(app: App, req: AuthRequest, linkTo?: User): Promise<string> {
  const name = (req.query.get('provider') ?? '').toLowerCase();
  if (!PROVIDER_NAMES.has(name)) throw invalid(`Unsupported provider: Provider ${name} could not be found`);
  const settings = app.settings.external.get(name);
  if (!settings) throw invalid('Unsupported provider: provider is not enabled');
  const isLocal = settings.clientId === '';
  const definition = isLocal ? undefined : defineProvider(name, settings);
  if (!isLocal && !definition) {
    throw invalid(
      `Unsupported provider: ${name} works here only without client_id, on the local consent page`,
    );
  }
  const inviteToken = req.query.get('invite_token') ?? '';
  if (inviteToken !== '' && !(await findOneTimeTokenOwner(app.pool, inviteToken, ['confirmation_token']))) {
    throw notFound('user_not_found', 'User identified by token not found');
  }
  const pkce = checkCodeChallenge(
    req.query.get('code_challenge') ?? '',
    req.query.get('code_challenge_method') ?? '',
  );
  const verifier = definition?.pkce ? await saveVerifier(app, name) : undefined;
  const flow = await insertFlowState(
    app.pool,
    {
      provider_type: name,
      authentication_method: 'oauth',
      invite_token: inviteToken || null,
      referrer: redirectTarget(app.settings, req),
      oauth_client_state_id: verifier?.id ?? null,
      linking_target_id: linkTo?.id ?? null,
      email_optional: settings.emailOptional,
    },
    pkce,
  );
  const redirectUri = callbackUrl(app, req, settings);
  if (!definition) {
    const params = { provider: name, state: flow.id, redirect_uri: redirectUri };
    return withQuery(`${externalUrl(app.settings, req)}/dev/consent`, params);
  }
  const extra = [...req.query].filter(
    ([key]) => key !== 'provider' && key !== 'scopes' && !RESERVED.has(key.toLowerCase()),
  );
  const scopes = (req.query.get('scopes') ?? '').split(',').filter(Boolean);
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
