import type { UpstreamName } from './target.ts';

/** One line of the route table: everything below `path` goes to `upstream`, whose own name for it is `servicePath`. */
export interface GatewayRoute {
  readonly path: string;
  readonly transport: 'http' | 'websocket' | 'both';
  readonly upstream: UpstreamName;
  readonly servicePath: string;
  /** The Authorization header is the client's signature: no credential is translated or added. */
  readonly signed?: boolean;
  /**
   * Only for callers that may be admin; `page` also for who navigates to it on this machine, from any page; `program` not
   * for pages, the own ones neither.
   */
  readonly privileged?: 'always' | 'page' | 'program';
  /** A service in this process grants CORS itself, also to pages of foreign origins: it is the app's own code. */
  readonly ownCors?: boolean;
  /** Headers that are added where the client sent none of that name (lower case). */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The whole table, as in the Supabase CLI's Kong template. Everything else belongs to Vite. */
const ROUTES: readonly GatewayRoute[] = [
  // Stands in for an identity provider on the developer's machine: it signs in as anybody.
  { path: '/auth/v1/dev', transport: 'http', upstream: 'auth', servicePath: '/dev', privileged: 'page' },
  { path: '/auth/v1', transport: 'http', upstream: 'auth', servicePath: '' },
  {
    path: '/.well-known/oauth-authorization-server',
    transport: 'http',
    upstream: 'auth',
    servicePath: '/.well-known/oauth-authorization-server',
  },
  { path: '/rest/v1', transport: 'http', upstream: 'rest', servicePath: '' },
  {
    path: '/graphql/v1',
    transport: 'http',
    upstream: 'rest',
    servicePath: '/rpc/graphql',
    headers: { 'content-profile': 'graphql_public' },
  },
  { path: '/realtime/v1/api', transport: 'http', upstream: 'realtime', servicePath: '/api' },
  {
    path: '/realtime/v1/websocket',
    transport: 'websocket',
    upstream: 'realtime',
    servicePath: '/socket/websocket',
  },
  { path: '/storage/v1/s3', transport: 'http', upstream: 'storage', servicePath: '/s3', signed: true },
  { path: '/storage/v1', transport: 'http', upstream: 'storage', servicePath: '' },
  { path: '/functions/v1', transport: 'both', upstream: 'functions', servicePath: '', ownCors: true },
  { path: '/__supabase/mail', transport: 'http', upstream: 'mail', servicePath: '', privileged: 'always' },
  {
    path: '/__supabase/forks',
    transport: 'http',
    upstream: 'forks',
    servicePath: '',
    privileged: 'always',
  },
  { path: '/__supabase/mcp', transport: 'http', upstream: 'mcp', servicePath: '', privileged: 'program' },
  { path: '/__supabase', transport: 'http', upstream: 'studio', servicePath: '', privileged: 'always' },
];

/** All of it is ours: a request below it that matches no route gets an error instead of reaching Vite. */
const REALTIME_PREFIX = '/realtime/v1';

export interface RouteMatch {
  readonly route: GatewayRoute;
  /** The service's own path with the query: `/rest/v1/items?id=eq.1` is `/items?id=eq.1`. */
  readonly serviceUrl: string;
}

/**
 * Finds the route of a request target as it came over the wire.
 *
 * `undefined`: not ours. `'unknown'`: below `/realtime/v1`, which is ours, but not a path of Realtime.
 */
export function matchRoute(url: string): RouteMatch | 'unknown' | undefined {
  // Nearly all requests of a dev server are for modules: the second character rules out most of them.
  const second = url.charCodeAt(1);
  if (!FIRST_LETTERS.has(second)) return undefined;
  for (const route of ROUTES) {
    if (!startsWithPath(url, route.path)) continue;
    const rest = url.slice(route.path.length);
    const path = route.servicePath + rest;
    return { route, serviceUrl: path.startsWith('/') ? path : `/${path}` };
  }
  return startsWithPath(url, REALTIME_PREFIX) ? 'unknown' : undefined;
}

const FIRST_LETTERS = new Set(ROUTES.map((route) => route.path.charCodeAt(1)));

/** Whether the path of `url` is `prefix` or below it. */
function startsWithPath(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  const next = url.charCodeAt(prefix.length);
  return Number.isNaN(next) || next === SLASH || next === QUESTION_MARK;
}

const SLASH = 47;
const QUESTION_MARK = 63;

/**
 * Why a request target must not be passed on, or undefined.
 *
 * Dot segments, plain or encoded, are refused because upstreams resolve them after our routing: behind Kong,
 * `/rest/v1/../../pg/query` is the database's administration. Bytes that HTTP does not allow in a target are
 * refused because HTTP/2 allows some of them, and an HTTP/1 upstream would read them as another request.
 */
export function findPathFault(url: string): string | undefined {
  if (FORBIDDEN_BYTES.test(url))
    return 'The request target contains characters that must be percent-encoded.';
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  if (DOT_SEGMENT.test(path)) return 'The path contains "." or ".." segments.';
  return undefined;
}

const FORBIDDEN_BYTES = /[^\u0021-\u007e]|#/;
const DOT_SEGMENT = /(?:\/|\\|%2f|%5c)(?:\.|%2e){1,2}(?=\/|\\|%2f|%5c|;|$)/i;
