import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * One of the services of the stack, as the gateway sees it.
 *
 * A request arrives with the gateway's prefix already removed from `req.url` (`/rest/v1/items` is `/items`,
 * `/realtime/v1/websocket` is `/socket/websocket`), with credentials already translated to JWTs, and with
 * `X-Forwarded-Host`, `-Proto` and `-Port` naming the origin that the client used.
 */
export interface Service {
  /** Answers one HTTP request. Never throws and never leaves it unanswered. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** Answers one upgrade request; only Realtime has it. */
  upgrade?(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends open requests, sockets, timers and database connections. */
  close(): Promise<void>;
}

/** Names of the services, as the gateway's route table uses them. */
export type ServiceName = 'auth' | 'rest' | 'realtime' | 'storage' | 'mail';
