import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayCaller, GatewayRequest } from '../caller/caller.ts';
import type { GatewayRoute } from '../routes.ts';
import { ALLOWED_ROLES_HEADER, VISITOR_ROLES } from '../../shared/allowed-roles.ts';
import { CONNECTION_HEADERS } from '../../shared/connection-headers.ts';
import { FOREIGN_PAGE_HEADER, GATEWAY_SECRET_HEADER } from '../caller/gateway-secret.ts';

/** Headers for one connection only, and those that the gateway sets itself. */
const NOT_PASSED_ON = new Set([
  ...CONNECTION_HEADERS,
  'authorization',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'proxy-authorization',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-path',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-real-ip',
  ALLOWED_ROLES_HEADER,
  FOREIGN_PAGE_HEADER,
  GATEWAY_SECRET_HEADER,
]);

/** How a request continues behind the gateway. */
export interface OutgoingRequest {
  readonly route: GatewayRoute;
  readonly caller: GatewayCaller;
  readonly authorization: string | undefined;
  /** The service may give every role; else those of visitors. */
  readonly mayBeAdmin: boolean;
  /** The Via header, ours included. */
  readonly via: string;
}

/**
 * The headers for an upstream, names and values alternating as in `rawHeaders`. Content-Length is
 * kept; a body of unknown length is sent in chunks.
 *
 * @param host to send as Host
 */
export function buildOutgoingHeaders(req: GatewayRequest, out: OutgoingRequest, host: string): string[] {
  const headers = ['host', host];
  const connectionNames = namedByConnection(req.headers.connection);
  const raw = req.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (NOT_PASSED_ON.has(lower) || name.startsWith(':') || connectionNames?.has(lower)) continue;
    headers.push(name, raw[i + 1] ?? '');
  }
  headers.push('via', out.via);
  const cookie = out.route.upstream === 'functions' ? withoutSessionCookies(req.headers.cookie) : undefined;
  if (cookie) headers.push('cookie', cookie);
  for (const [name, value] of addedHeaders(req.headers, out)) headers.push(name, value);
  if (req.headers['content-length'] !== undefined) return headers;
  if (hasRequestBody(req)) headers.push('transfer-encoding', 'chunked');
  else if (METHODS_WITH_BODY.has(req.method ?? '')) headers.push('content-length', '0');
  return headers;
}

const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** Whether bytes of a body may follow. */
export function hasRequestBody(req: GatewayRequest): boolean {
  if ('stream' in req) return !req.stream.endAfterHeaders;
  const length = req.headers['content-length'];
  return length === undefined ? req.headers['transfer-encoding'] !== undefined : length !== '0';
}

/**
 * Changes a request in place into what a service in this process expects.
 *
 * `defineProperty` is needed because HTTP/2 requests have getters there, and both forms are replaced because
 * `@hono/node-server` reads `rawHeaders` while others read `headers`.
 */
export function rewriteForService(req: GatewayRequest, serviceUrl: string, out: OutgoingRequest): void {
  const headers: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(req.headers)) {
    if (name.startsWith(':') || (NOT_PASSED_ON.has(name) && name !== 'transfer-encoding')) continue;
    headers[name] = value;
  }
  headers.host = out.caller.host;
  const cookie = out.route.upstream === 'functions' ? withoutSessionCookies(req.headers.cookie) : undefined;
  if (cookie) headers.cookie = cookie;
  for (const [name, value] of addedHeaders(req.headers, out)) headers[name] = value;
  if (!out.mayBeAdmin) headers[ALLOWED_ROLES_HEADER] = VISITOR_ROLES;
  replaceRequest(req, serviceUrl, headers);
}

/** Gives a request another URL and other headers, in both of their forms. */
export function replaceRequest(req: GatewayRequest, url: string, headers: IncomingHttpHeaders): void {
  const rawHeaders: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (Array.isArray(value)) for (const one of value) rawHeaders.push(name, one);
    else if (value !== undefined) rawHeaders.push(name, value);
  }
  req.url = url;
  Object.defineProperty(req, 'headers', { value: headers, writable: true, configurable: true });
  Object.defineProperty(req, 'rawHeaders', { value: rawHeaders, writable: true, configurable: true });
}

function addedHeaders(sent: IncomingHttpHeaders, out: OutgoingRequest): [name: string, value: string][] {
  const added = forwardedHeaders(out.caller, out.route);
  if (out.authorization !== undefined) added.push(['authorization', out.authorization]);
  for (const [name, value] of Object.entries(out.route.headers ?? {})) {
    if (sent[name] === undefined) added.push([name, value]);
  }
  return added;
}

/** Names the origin that the client used, as Kong does. The client's own headers of these names are ignored. */
export function forwardedHeaders(
  caller: GatewayCaller,
  route: GatewayRoute,
): [name: string, value: string][] {
  // Auth writes this origin into mails for others; all other answers go to the caller itself.
  const origin = route.upstream === 'auth' ? caller.external : caller;
  const headers: [string, string][] = [
    ['x-forwarded-for', caller.address],
    ['x-forwarded-host', origin.host],
    ['x-forwarded-proto', origin.proto],
    ['x-forwarded-port', origin.port],
  ];
  // The part before the service's own path: `/storage/v1` also for `/storage/v1/s3`, which Storage serves at `/s3`.
  const { path, servicePath } = route;
  const prefix = path.endsWith(servicePath) ? path.slice(0, path.length - servicePath.length) : path;
  if (prefix !== '') headers.push(['x-forwarded-prefix', prefix]);
  return headers;
}

function namedByConnection(connection: string | undefined): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  return new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
}

/**
 * Edge functions may use cookies; the session cookie is for the gateway only, and other services read no cookies. So
 * the app's cookies go to no other server than the app's functions.
 */
function withoutSessionCookies(cookie: string | undefined): string | undefined {
  return cookie
    ?.split(';')
    .filter((pair) => !/^\s*sb-[^=]*-auth-token/.test(pair))
    .join(';')
    .trim();
}
