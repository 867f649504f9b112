import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { JWK } from 'jose';

/** Where a gateway sends the requests that it claims: the interface of every backend towards it. */
export interface GatewayTarget {
  readonly keys: GatewayKeys;
  /** Why other machines are refused: the keys are those that every local Supabase has. Undefined: they are served. */
  readonly localOnly?: { readonly hint: string } | undefined;
  /**
   * Whether a valid token belongs to a session of this backend; undefined where only the signature can tell. It rejects
   * when the backend cannot tell now.
   */
  readonly knowsSession?: ((token: string) => Promise<boolean>) | undefined;
  /** Requests for a service that is absent here get a JSON error (SERVICE_UNAVAILABLE). */
  readonly upstreams: Readonly<Partial<Record<UpstreamName, Upstream>>>;
  /** How Realtime's WebSocket is reached, where that differs from `upstreams.realtime`. */
  readonly websocket?: WebsocketRoute;
}

export type UpstreamName =
  | 'auth'
  | 'rest'
  | 'realtime'
  | 'storage'
  | 'functions'
  | 'mail'
  | 'studio'
  | 'mcp'
  | 'forks';

export type Upstream = HandlerUpstream | UrlUpstream;

/** A service in this process. Its requests arrive with the prefix removed (see plugin/stack/service.ts). */
export interface HandlerUpstream {
  readonly kind: 'handler';
  /** Answers one request. An error that it throws, or rejects with, is logged and answered as SERVICE_FAILED. */
  handle(req: IncomingMessage, res: ServerResponse): unknown;
  /** Answers one upgrade request, with the same contract. */
  upgrade?(req: IncomingMessage, socket: Duplex, head: Buffer): unknown;
}

/** A server behind a URL. */
export interface UrlUpstream {
  readonly kind: 'url';
  /** Scheme, host and port; a path is a prefix of every request path. */
  readonly url: URL;
  /** Whether a Supabase gateway answers there (paths stay as they are) or the service itself (prefix removed). */
  readonly speaks: 'gateway' | 'service';
  /** The `Host` to send: the client's own, or this one. */
  readonly host: 'client' | (string & {});
  /** Secret of another gateway of this user, which then relies on this gateway's checks of the caller. */
  readonly gatewaySecret?: string | undefined;
}

/** Chooses among the paths to Realtime and learns from their failures. */
export interface WebsocketRoute {
  /** The upstreams to try, best first. */
  choose(): readonly Upstream[] | Promise<readonly Upstream[]>;
  /** Reports that no connection to this upstream was possible. */
  failed(upstream: Upstream, reason: string): void;
}

/** The keys that clients present, and their JWTs. An unknown key is passed on as it is. */
export interface GatewayKeys {
  readonly publishableKey: string | undefined;
  readonly secretKey: string | undefined;
  /** JWT of role `anon`. */
  readonly anonKey: string | undefined;
  /** JWT of role `service_role`. */
  readonly serviceRoleKey: string | undefined;
  /** What signs HS256 tokens; unknown for a hosted project. */
  readonly jwtSecret: string | undefined;
  /** Public keys of ES256 and RS256 tokens; undefined when they are not known. */
  readonly jwks: readonly JWK[] | undefined;
}

/** The request target below the path of an upstream's URL. */
export function joinPath(base: string, target: string): string {
  return base === '/' ? target : base.replace(/\/$/, '') + target;
}
