import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayCaller } from '../caller/caller.ts';
import { isCorsGrant, mayRead } from '../answer/cors.ts';
import { CONNECTION_HEADERS } from '../../shared/connection-headers.ts';
import { isHttp2, type GatewayResponse } from '../answer/respond.ts';
import type { UrlUpstream } from '../target.ts';

/**
 * Changes an upstream's response headers (names and values alternating) so that the client stays on our origin:
 * redirects and resource locations at the upstream point to us, and only the gateway grants CORS.
 *
 * @param keepsGrants the upstream has decided which pages may read the response
 */
export function rewriteResponseHeaders(
  headers: readonly string[],
  upstream: UrlUpstream,
  caller: GatewayCaller,
  keepsGrants: boolean,
): string[] {
  const kept: string[] = !keepsGrants && mayRead(caller) ? ['access-control-allow-origin', '*'] : [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const value = headers[i + 1] ?? '';
    const lower = name.toLowerCase();
    if ((isCorsGrant(lower) && !keepsGrants) || CONNECTION_HEADERS.has(lower)) continue;
    if (lower === 'location' || lower === 'content-location') {
      kept.push(name, rewriteLocation(value, upstream, caller));
    } else if (lower === 'set-cookie') {
      kept.push(name, value.replace(/;\s*domain=[^;]*/i, ''));
    } else kept.push(name, value);
  }
  return kept;
}

/** Redirects to other servers (to an identity provider, to the app) stay as they are. */
function rewriteLocation(value: string, upstream: UrlUpstream, caller: GatewayCaller): string {
  const { origin, pathname } = upstream.url;
  if (value !== origin && !value.startsWith(`${origin}/`)) return value;
  const path = value.slice(origin.length);
  const base = pathname === '/' ? '' : pathname.replace(/\/$/, '');
  return `${caller.proto}://${caller.host}${path.startsWith(base) ? path.slice(base.length) : path}`;
}

/**
 * Begins a response with these headers, names and values alternating, in addition to those that are already set.
 *
 * @throws RangeError for an invalid HTTP status
 */
export function writeHead(
  res: GatewayResponse,
  status: number,
  sentReason: string,
  headers: readonly string[],
): void {
  // RFC 9110, 8.6: no length in a 204.
  if (status === 204) headers = headers.filter((_, at) => !isLength(headers[at - (at % 2)]));
  // Parsers accept more characters here than Node would write.
  const reason = sentReason.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
  if (!isHttp2(res) && res.getHeaderNames().length === 0) {
    res.writeHead(status, reason, headers as string[]);
    return;
  }
  // On HTTP/2, and when other headers are already set (Vite's CORS), writeHead keeps only one of several headers with the
  // same name, such as Set-Cookie.
  res.statusCode = status;
  if (!isHttp2(res) && reason !== '') res.statusMessage = reason;
  const written = new Set<string>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    const value = headers[i + 1] ?? '';
    // Vary must also list what earlier middleware depends on; any other header of the upstream replaces theirs.
    if (written.has(name) || name === 'vary') res.appendHeader(name, value);
    else res.setHeader(name, value);
    written.add(name);
  }
  res.writeHead(status);
}

function isLength(name: string | undefined): boolean {
  return name?.toLowerCase() === 'content-length';
}

/**
 * Sends headers that no body has followed yet: of an event stream, whose first event may take long. Node would send them
 * with the first byte.
 */
export function flushSoon(res: GatewayResponse): void {
  if (isHttp2(res)) return;
  // The first bytes of most bodies have arrived with the headers.
  setImmediate(() => {
    if (!res.writableEnded && !res.destroyed) res.flushHeaders();
  });
}

/** Ends a response with the upstream's trailers, unless Node refuses to write them. */
export function endResponse(res: GatewayResponse, trailers: IncomingHttpHeaders): void {
  for (const _any in trailers) {
    try {
      res.addTrailers(trailers);
    } catch {
      // Such as the name of a connection header on HTTP/2. The response itself is whole.
    }
    break;
  }
  res.end();
}
