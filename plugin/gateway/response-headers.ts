import { mayRead } from './cors.ts';
import type { Caller } from './caller.ts';
import type { UrlUpstream } from './target.ts';

/**
 * Changes an upstream's response headers (names and values alternating) so that the client stays on our origin:
 * redirects and resource locations that name the upstream name us, and CORS is the gateway's to grant.
 */
export function createResponseRewriter(
  upstream: UrlUpstream,
  caller: Caller,
): (headers: string[]) => string[] {
  return (headers) => {
    const kept: string[] = mayRead(caller) ? ['access-control-allow-origin', '*'] : [];
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = headers[i] ?? '';
      const value = headers[i + 1] ?? '';
      const lower = name.toLowerCase();
      if (lower === 'access-control-allow-origin') continue;
      if (lower === 'location' || lower === 'content-location') {
        kept.push(name, rewriteLocation(value, upstream, caller));
      } else if (lower === 'set-cookie') {
        kept.push(name, value.replace(/;\s*domain=[^;]*/i, ''));
      } else kept.push(name, value);
    }
    return kept;
  };
}

/** Redirects elsewhere (to an identity provider, to the app) stay as they are. */
function rewriteLocation(value: string, upstream: UrlUpstream, caller: Caller): string {
  const { origin, pathname } = upstream.url;
  if (value !== origin && !value.startsWith(`${origin}/`)) return value;
  const path = value.slice(origin.length);
  const base = pathname === '/' ? '' : pathname.replace(/\/$/, '');
  return `${caller.proto}://${caller.host}${path.startsWith(base) ? path.slice(base.length) : path}`;
}
