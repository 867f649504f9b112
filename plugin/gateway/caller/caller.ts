import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { ALLOWED_ROLES_HEADER } from '../../shared/allowed-roles.ts';
import { isOwnHost, type Origin } from './external-origin.ts';
import { FOREIGN_PAGE_HEADER } from './gateway-secret.ts';
import { isLoopbackAddress, isLoopbackHost, isPrivateAddress, parseHost, type HostRules } from './hosts.ts';
import { forwardedAddress, isFromProxy } from './proxies.ts';

/** A request of either protocol; HTTP/2 comes through Node's compatibility layer. */
export type GatewayRequest = IncomingMessage | Http2ServerRequest;

/** Who sent a request and to which origin, determined once for all rules. */
export interface GatewayCaller {
  /** Host and port as the client wrote them. */
  readonly host: string;
  readonly hostname: string;
  readonly proto: 'http' | 'https';
  /** Port of the client-visible origin. */
  readonly port: string;
  /** The origin for links in mails: the client's own where its Host is ours, else this server on localhost. */
  readonly external: Origin;
  /** Address of the peer, or of the client that a proxy on this machine names. */
  readonly address: string;
  /** The request was made on this machine, and not by a tunnel or proxy on behalf of another one. */
  readonly isLocal: boolean;
  /** A browser sent it. A heuristic: the header Sec-Fetch-Site, or a user agent that begins with `Mozilla/`. */
  readonly isBrowser: boolean;
  /**
   * The origin of the page that sent it: `own` is the app's own origin, proved by the browser; `trusted` another
   * origin of this machine, its network or `allowedHosts`; `foreign` any other; `none` when the request names no page
   * (other programs, the address bar).
   */
  readonly origin: 'own' | 'trusted' | 'foreign' | 'none';
  /** Every role and every privileged page is for this caller: this machine, and no page of another origin. */
  readonly mayBeAdmin: boolean;
}

/**
 * Who sent a request; undefined when its Host is missing, malformed or not one that the server answers for.
 *
 * @param isRelayed another gateway of this user sent it on, which has checked host and origin by its own rules, named
 *   the client in `X-Forwarded-*` and foreign pages, and limited the roles where the client may not be admin
 */
export function identifyCaller(
  req: GatewayRequest,
  hosts: HostRules,
  isRelayed = false,
): GatewayCaller | undefined {
  const headers = req.headers;
  const host = headers[':authority'] ?? headers.host;
  if (typeof host !== 'string') return undefined;
  const parsed = parseHost(host);
  if (!parsed || !(isRelayed || hosts.answersFor(parsed.hostname))) return undefined;

  const { hostname } = parsed;
  const peer = req.socket.remoteAddress ?? '';
  const peerIsLocal = isLoopbackAddress(peer);
  const encrypted = 'encrypted' in req.socket && req.socket.encrypted;
  // Only a tunnel or reverse proxy on this machine, which terminates TLS, may name the client's protocol and address.
  const forwardedProto = peerIsLocal ? firstValue(headers['x-forwarded-proto']) : undefined;
  const proto = encrypted || forwardedProto === 'https' ? 'https' : 'http';
  const port = parsed.port ?? (proto === 'https' ? '443' : '80');
  const address = (peerIsLocal ? forwardedAddress(headers) : undefined) ?? peer;
  const isLocal =
    peerIsLocal &&
    isLoopbackHost(hostname) &&
    (isRelayed ? isLoopbackAddress(address) : !isFromProxy(headers));
  const isForeign = isRelayed && headers[FOREIGN_PAGE_HEADER] !== undefined;
  const origin = isForeign
    ? 'foreign'
    : classifyOrigin(headers, host, encrypted, isRelayed ? EVERY_HOST : hosts);
  const isLimited = isRelayed && headers[ALLOWED_ROLES_HEADER] !== undefined;
  const { localPort } = req.socket;
  const isOurs = isLocal || hosts.lists(hostname) || isOwnHost(hostname, port, localPort);
  const own: Origin = { host, proto, port };
  return {
    // No spread here: an object with so many more fields would be a slow one.
    host,
    proto,
    port,
    hostname,
    external: isRelayed ? relayedOrigin(headers, own) : isOurs ? own : localOrigin(localPort, encrypted),
    address,
    isLocal,
    isBrowser: isBrowser(headers),
    origin,
    mayBeAdmin: isLocal && !isLimited && (origin === 'own' || origin === 'none'),
  };
}

const EVERY_HOST: HostRules = { answersFor: () => true, lists: () => true };

function localOrigin(localPort: number | undefined, encrypted: boolean): Origin {
  const port = String(localPort ?? '');
  return { host: `localhost:${port}`, proto: encrypted ? 'https' : 'http', port };
}

/** What the other gateway decided about links. */
function relayedOrigin(headers: IncomingHttpHeaders, { host, proto, port }: Origin): Origin {
  return {
    host: firstValue(headers['x-forwarded-host']) ?? host,
    proto,
    port: firstValue(headers['x-forwarded-port']) ?? port,
  };
}

function isBrowser(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-site'] !== undefined || headers['user-agent']?.startsWith('Mozilla/') === true;
}

function classifyOrigin(
  headers: IncomingHttpHeaders,
  host: string,
  encrypted: boolean,
  hosts: HostRules,
): GatewayCaller['origin'] {
  const site = headers['sec-fetch-site'];
  const origin = headers.origin;
  if (origin === undefined) return classifyWithoutOrigin(site);
  const url = parseOrigin(origin);
  if (!url) return 'foreign';
  // Behind a proxy that terminates TLS the page is https while our own socket is not; the reverse is impossible.
  const sameScheme = url.protocol === 'https:' || (url.protocol === 'http:' && !encrypted);
  const sameHost = url.host === normalizeHost(host, url.protocol);
  if (sameScheme && sameHost && (site === undefined || site === 'same-origin')) return 'own';
  return isTrustedOrigin(url, hosts) ? 'trusted' : 'foreign';
}

/** GET and HEAD within an origin carry no Origin header, only Sec-Fetch-Site. */
function classifyWithoutOrigin(site: string | string[] | undefined): GatewayCaller['origin'] {
  if (site === 'same-origin') return 'own';
  return site === undefined || site === 'none' ? 'none' : 'foreign';
}

function parseOrigin(origin: string): URL | undefined {
  try {
    return new URL(origin);
  } catch {
    return undefined;
  }
}

/** A Host as `URL.host` writes it: lower case, without the scheme's default port. */
function normalizeHost(host: string, protocol: string): string {
  const lower = host.toLowerCase();
  return lower.replace(protocol === 'https:' ? /:443$/ : /:80$/, '');
}

/** Pages of this machine, its network, or a host that the developer listed in `allowedHosts`. */
function isTrustedOrigin(url: URL, hosts: HostRules): boolean {
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  return isLoopbackHost(hostname) || isPrivateAddress(hostname) || (hostname !== '' && hosts.lists(hostname));
}

function firstValue(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  return text?.split(',', 1)[0]?.trim() || undefined;
}
