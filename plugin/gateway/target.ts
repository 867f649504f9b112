import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { JWK } from 'jose';

/** Where a gateway sends what it claims: the face that every backend shows to it. */
export interface GatewayTarget {
  readonly keys: GatewayKeys;
  /** What is absent is answered with a JSON error that says so. */
  readonly upstreams: Readonly<Partial<Record<UpstreamName, Upstream>>>;
  /** How Realtime's WebSocket is reached, where that differs from `upstreams.realtime`. */
  readonly websocket?: WebsocketRoute;
}

export type UpstreamName = 'auth' | 'rest' | 'realtime' | 'storage' | 'functions' | 'mail';

export type Upstream = HandlerUpstream | UrlUpstream;

/** A service in this process. Its requests arrive with the prefix removed (see plugin/stack/service.ts). */
export interface HandlerUpstream {
  readonly kind: 'handler';
  handle(req: IncomingMessage, res: ServerResponse): void;
  upgrade?(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** A server behind a URL. */
export interface UrlUpstream {
  readonly kind: 'url';
  /** Scheme, host and port; a path is put before every path. */
  readonly url: URL;
  /** Whether a Supabase gateway answers there (paths stay as they are) or the service itself (prefix removed). */
  readonly speaks: 'gateway' | 'service';
  /** The `Host` to send: the client's own, or this one. */
  readonly host: 'client' | (string & {});
  /** Secret of another gateway of this user, which then believes that host and origin have been judged here. */
  readonly proof?: string | undefined;
}

/** Chooses among the ways to Realtime and learns from their failures. */
export interface WebsocketRoute {
  /** The ways to try, best first. */
  choose(): readonly Upstream[] | Promise<readonly Upstream[]>;
  /** Tells that no connection was possible this way. */
  failed(upstream: Upstream, reason: string): void;
}

/** The keys that clients present, and what they stand for. A key that is unknown here is passed on as it is. */
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

/** Puts the path of an upstream's URL before a request target. */
export function joinPath(base: string, target: string): string {
  return base === '/' ? target : base.replace(/\/$/, '') + target;
}
