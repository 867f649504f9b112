import { createHash } from 'node:crypto';
import type { Context } from '../app.ts';
import { invalid } from '../errors.ts';
import type { Reply } from '../http/reply.ts';
import { callbackUrl } from '../oauth/callback-url.ts';
import { sealLocalCode } from '../oauth/local-code.ts';
import { withQuery } from '../urls.ts';
import { checkEmail } from '../validate.ts';
import { escapeHtml } from '../html.ts';

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
 * GET /dev/consent: the page in place of a provider that has no client id in config.toml. It lists the people who
 * signed in with this provider before, and accepts any other name and address.
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
<p>This page replaces ${title} on your machine, because auth.external.${escapeHtml(request.provider)} has no client_id.</p>
${accounts.join('\n')}
${form('<label>Email <input name="email" type="email" required autocomplete="off" value="dev@example.com"></label><label>Name <input name="name" autocomplete="off" value="Dev User"></label><button class="primary">Continue</button>')}
${form('<input type="hidden" name="deny" value="1"><button>Cancel</button>')}
</main></body></html>`;
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'no-store',
    // With no-referrer, the form would be sent from the origin "null", which the gateway refuses.
    'Referrer-Policy': 'same-origin',
  };
  return { status: 200, headers, body };
}

/** POST /dev/consent: redirects to the callback with a code, as a provider would. */
export function answerConsent(ctx: Context): Reply {
  const form = new URLSearchParams(ctx.req.body.text);
  const { provider, state, redirectUri } = readRequest(ctx, form);
  if (form.has('deny')) {
    const denied = { error: 'access_denied', error_description: 'The user has denied access', state };
    return { status: 303, headers: { Location: withQuery(redirectUri, denied) } };
  }
  const email = checkEmail(form.get('email') ?? '');
  const name = (form.get('name') ?? '').slice(0, 200);
  const code = sealLocalCode({ provider, state, email, name });
  return { status: 303, headers: { Location: withQuery(redirectUri, { code, state }) } };
}

function readRequest(
  ctx: Context,
  params: URLSearchParams,
): { provider: string; state: string; redirectUri: string } {
  const provider = params.get('provider') ?? '';
  const redirectUri = params.get('redirect_uri') ?? '';
  const settings = ctx.settings.external.get(provider);
  if (!settings || settings.clientId !== '') throw invalid('This provider has no local consent page');
  if (redirectUri !== callbackUrl(ctx, settings)) {
    throw invalid('redirect_uri is not the callback of this service');
  }
  return { provider, state: params.get('state') ?? '', redirectUri };
}
