import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { App, Context } from '../app.ts';
import { badRequest, invalid } from '../errors.ts';
import type { Reply } from '../http/reply.ts';
import { withQuery } from '../urls.ts';
import { checkEmail } from '../validate.ts';
import type { ProviderSignIn } from './exchange.ts';
import { profileOf, singleEmail } from './profile.ts';
import { isObject } from '../../../shared/json.ts';
import { escapeHtml } from '../html.ts';

const CODE_LIFETIME_MS = 5 * 60_000;
const SHOWN_ACCOUNTS = 8;

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); --accent: #1a7f52; }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif; }
main { width: min(24rem, 92vw); }
h1 { font-size: 1.25rem; }
p { opacity: .8; }
form { display: grid; gap: .6rem; margin-block: 1rem; }
label { display: grid; gap: .2rem; font-size: .9rem; }
input, button { font: inherit; padding: .55rem .8rem; border: 1px solid var(--line); border-radius: .5rem; background: transparent; color: inherit; }
button { cursor: pointer; text-align: start; }
button.primary { background: var(--accent); border-color: var(--accent); color: #fff; text-align: center; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/**
 * GET /dev/consent: what stands in for a provider that has no client id in config.toml. It lists who signed in with
 * this provider before, and takes any other name and address.
 */
export async function showConsent(ctx: Context): Promise<Reply> {
  const request = readRequest(ctx, ctx.req.query);
  const { rows } = await ctx.pool.query<{ email: string | null; name: string | null }>(
    `select email, coalesce(identity_data ->> 'full_name', identity_data ->> 'name') as name from auth.identities
     where provider = $1 and email is not null order by last_sign_in_at desc nulls last limit ${SHOWN_ACCOUNTS}`,
    [request.provider],
  );
  const hidden = Object.entries({
    provider: request.provider,
    state: request.state,
    redirect_uri: request.redirectUri,
  })
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('');
  const form = (content: string): string => `<form method="post" action="consent">${hidden}${content}</form>`;
  const accounts = rows.map(({ email, name }) => {
    const fields = `<input type="hidden" name="email" value="${escapeHtml(email ?? '')}"><input type="hidden" name="name" value="${escapeHtml(name ?? '')}">`;
    return form(
      `${fields}<button>Continue as ${escapeHtml(name || email || '')} (${escapeHtml(email ?? '')})</button>`,
    );
  });
  const title = escapeHtml(request.provider.charAt(0).toUpperCase() + request.provider.slice(1));
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in with ${title} (local)</title><style>${STYLE}</style></head><body><main>
<h1>Sign in with ${title}</h1>
<p>This page stands in for ${title} on your machine, because auth.external.${escapeHtml(request.provider)} has no client_id.</p>
${accounts.join('\n')}
${form('<label>E-mail <input name="email" type="email" required autocomplete="off" value="dev@example.com"></label><label>Name <input name="name" autocomplete="off" value="Dev User"></label><button class="primary">Continue</button>')}
${form('<input type="hidden" name="deny" value="1"><button>Cancel</button>')}
</main></body></html>`;
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
  };
  return { status: 200, headers, body };
}

/** POST /dev/consent: back to the callback with a code, as a provider would. */
export function answerConsent(ctx: Context): Reply {
  const form = new URLSearchParams(ctx.req.body.text);
  const { provider, state, redirectUri } = readRequest(ctx, form);
  if (form.has('deny')) {
    const denied = { error: 'access_denied', error_description: 'The user has denied access', state };
    return { status: 303, headers: { Location: withQuery(redirectUri, denied) } };
  }
  const email = checkEmail(form.get('email') ?? '');
  const name = (form.get('name') ?? '').slice(0, 200);
  const grant = { provider, state, email, name, expires: Date.now() + CODE_LIFETIME_MS, id: randomUUID() };
  const payload = Buffer.from(JSON.stringify(grant)).toString('base64url');
  const code = `${payload}.${seal(ctx, payload)}`;
  return { status: 303, headers: { Location: withQuery(redirectUri, { code, state }) } };
}

/** Opens a code that `answerConsent` made for this provider and state. @throws AuthError 400 */
export function openLocalCode(app: App, provider: string, state: string, code: string): ProviderSignIn {
  const [payload = '', seal_ = ''] = code.split('.');
  const [given, expected] = [Buffer.from(seal_), Buffer.from(seal(app, payload))];
  const isGenuine = given.length === expected.length && timingSafeEqual(given, expected);
  const grant: unknown = isGenuine ? JSON.parse(Buffer.from(payload, 'base64url').toString()) : undefined;
  const isOpen = isObject(grant) && grant.provider === provider && grant.state === state;
  if (!isOpen || Number(grant.expires) < Date.now()) {
    throw badRequest('bad_oauth_callback', 'The code of the local consent page is not valid');
  }
  const email = String(grant.email);
  const name = String(grant.name);
  // The same address is the same person each time.
  const sub = createHash('sha256').update(`${provider} ${email}`).digest('hex').slice(0, 21);
  const profile = profileOf({
    issuer: `local:${provider}`,
    sub,
    name,
    picture: '',
    emails: singleEmail(email, true),
    extra: { preferred_username: email.split('@')[0], user_name: email.split('@')[0] },
  });
  return { profile, accessToken: `local-${provider}-token`, refreshToken: '' };
}

function readRequest(
  app: App,
  params: URLSearchParams,
): { provider: string; state: string; redirectUri: string } {
  const provider = params.get('provider') ?? '';
  const redirectUri = params.get('redirect_uri') ?? '';
  const settings = app.settings.external.get(provider);
  if (!settings || settings.clientId !== '') throw invalid('This provider has no local consent page');
  // Only this service's own callback, on whatever origin it is reached.
  if (!URL.canParse(redirectUri) || !new URL(redirectUri).pathname.endsWith('/callback')) {
    throw invalid('redirect_uri is not the callback of this service');
  }
  return { provider, state: params.get('state') ?? '', redirectUri };
}

function seal(app: App, payload: string): string {
  return createHmac('sha256', `local consent ${app.keys.jwtSecret}`).update(payload).digest('base64url');
}
