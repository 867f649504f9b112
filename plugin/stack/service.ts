import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * One service of the stack, as the gateway calls it.
 *
 * The gateway has removed its prefix from `req.url` (`/rest/v1/items` is `/items`, `/realtime/v1/websocket` is
 * `/socket/websocket`), translated credentials to JWTs, and set `X-Forwarded-Host`, `-Proto` and `-Port` to the origin
 * that the client used.
 */
export interface Service {
  /** Responds to one HTTP request. Never throws, and always responds. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** Responds to one upgrade request; Realtime and functions have it. */
  upgrade?(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Stores again what the configuration names; Storage has it. */
  seed?(): Promise<SeedReport>;
  /** Ends open requests, sockets, timers and database connections. */
  close(): Promise<void>;
}

/** What was stored because the configuration names it. */
export interface SeedReport {
  /** The configured buckets. */
  readonly buckets: readonly string[];
  /** Number of files that were new or had changed. */
  readonly stored: number;
  /** What could not be stored, and why. */
  readonly problems: readonly string[];
}

/** Names of the services, as the gateway's route table uses them. */
export type ServiceName = 'auth' | 'rest' | 'realtime' | 'storage' | 'functions' | 'mail';
