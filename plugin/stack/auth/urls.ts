import { isIP } from 'node:net';
import type { Context } from './app.ts';
import { parseGoUrl } from './http/go-url.ts';
import { matchesRedirectPattern } from './settings/redirect-pattern.ts';

// GoTrue v2.196 internal/utilities/request.go

type Requested = Pick<Context, 'settings' | 'req'>;

const FALLBACK_ORIGIN = 'http://127.0.0.1:54321';

/** Where the client reaches this service: `external_url`, or `/auth/v1` on the origin that the browser uses. */
export function externalUrl(ctx: Requested): string {
  return ctx.settings.externalUrl?.replace(/\/+$/, '') ?? `${ctx.req.origin ?? FALLBACK_ORIGIN}/auth/v1`;
}

export function issuer(ctx: Requested): string {
  return ctx.settings.jwtIssuer ?? externalUrl(ctx);
}

/** `site_url`, or the origin that the browser uses when config.toml does not set it. */
export function siteUrl(ctx: Requested): string {
  const { settings, req } = ctx;
  return settings.hasSiteUrl || req.origin === undefined ? settings.siteUrl : req.origin;
}

/**
 * Where the browser goes in the end: `redirect_to` (header, query or form), else the Referer, each only if it is allowed;
 * else the site.
 */
export function redirectTarget(ctx: Requested & Pick<Context, 'observations'>): string {
  const { req } = ctx;
  const header = req.headers.redirect_to;
  const form = req.body.isForm ? new URLSearchParams(req.body.text).get('redirect_to') : null;
  const asked = (typeof header === 'string' && header) || form || req.query.get('redirect_to') || '';
  if (isRedirectAllowed(ctx, asked)) return asked;
  const referrer = req.headers.referer ?? '';
  const used = isRedirectAllowed(ctx, referrer) ? referrer : siteUrl(ctx);
  if (asked !== '') ctx.observations.emit({ kind: 'redirect', asked, used });
  return used;
}

// A browser runs the first three as a script or page of whoever shows the link; the others name no app.
const DANGEROUS_SCHEMES = new Set(['javascript', 'data', 'vbscript', 'about', 'blob', 'file']);

/**
 * Whether `target` is the site itself, a loopback address or a match of `additional_redirect_urls`, as in GoTrue; or the
 * origin of the request, which in this development server the app and its Supabase share. Unlike GoTrue, no pattern
 * allows a scheme that runs scripts.
 */
export function isRedirectAllowed(ctx: Requested, target: string): boolean {
  const url = target === '' ? undefined : parseGoUrl(target);
  if (!url || DANGEROUS_SCHEMES.has(url.scheme)) return false;
  const { scheme, hostname, port } = url;
  const isLoopback = hostname === 'localhost' || isLoopbackAddress(hostname);
  const isHttp = scheme === 'http' || scheme === 'https';
  const own = [siteUrl(ctx), ...(isHttp && ctx.req.origin !== undefined ? [ctx.req.origin] : [])].map(
    parseGoUrl,
  );
  const isOwn = own.some(
    (site) => site?.hostname === hostname && site.scheme === scheme && (site.port === port || isLoopback),
  );
  if (isOwn) return true;
  if (/^\d+$/.test(hostname)) return false;
  if (isIP(hostname) !== 0) return isLoopbackAddress(hostname);
  if (isHttp && !/^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i.test(hostname)) return false;
  const withoutFragment = target.split('#', 1)[0] ?? '';
  return ctx.settings.additionalRedirectUrls.some((pattern) =>
    matchesRedirectPattern(pattern, withoutFragment),
  );
}

function isLoopbackAddress(hostname: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === '::1';
}

/** Adds parameters to the query of an address, in alphabetical order as Go writes it. */
export function withQuery(target: string, params: Readonly<Record<string, string>>): string {
  const [rest = '', fragment] = target.split('#', 2);
  const [base = '', search = ''] = rest.split('?', 2);
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(params)) query.set(name, value);
  return `${base}?${encodeSorted(query)}${fragment === undefined ? '' : `#${fragment}`}`;
}

/**
 * Replaces the fragment with these parameters. GoTrue escapes errors and messages twice, and clients expect it.
 */
export function withFragment(
  target: string,
  params: Readonly<Record<string, string>>,
  escaping: 'escaped once' | 'escaped twice' = 'escaped once',
): string {
  const encoded = encodeSorted(new URLSearchParams(params));
  const fragment = escaping === 'escaped twice' ? encoded.replaceAll('%', '%25') : encoded;
  return `${target.split('#', 1)[0]}#${fragment}`;
}

function encodeSorted(params: URLSearchParams): string {
  params.sort();
  // Go escapes everything but unreserved characters; URLSearchParams leaves "*" alone and escapes "~".
  return params.toString().replaceAll('*', '%2A').replaceAll('%7E', '~');
}
