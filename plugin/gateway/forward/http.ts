import { readSmallBody } from './small-body.ts';
import type { GatewayRequest } from '../caller/caller.ts';
import { exchange } from './exchange.ts';
import { forwardStream } from './stream.ts';
import { hasRequestBody } from './headers.ts';
import type { GatewayResponse } from '../answer/respond.ts';
import type { UpstreamPool } from './pool.ts';

export interface ForwardedRequest {
  readonly url: URL;
  /** The whole request target for the upstream. */
  readonly path: string;
  /** Names and values alternating. */
  readonly headers: string[];
  /** Milliseconds without a byte in either direction after which the upstream counts as hung. */
  readonly idleTimeout: number;
  /** Changes a response's headers (names and values alternating) before they go to the client. */
  readonly rewriteResponse: (headers: readonly string[]) => string[];
  /** The upstream's headers have come. */
  readonly onResponse: () => void;
  /** No response will come. Not called when the client went away. */
  readonly onFailure: (error: Error) => void;
}

/**
 * Passes a request on and its response back: nothing large is held, backpressure goes through, an abort on either
 * side reaches the other, trailers follow.
 *
 * There are two ways. Nearly all requests have no body or a small one, and go through undici, which costs the least.
 * A body that is large or of unknown length is a stream, which Node's own client passes on piece by piece, trailers
 * and all.
 */
export function forwardHttp(
  req: GatewayRequest,
  res: GatewayResponse,
  out: ForwardedRequest,
  pool: UpstreamPool,
): void {
  // An aborted upload; 'close' of the response does the rest.
  req.on('error', () => {});
  res.on('error', () => {});
  if (!hasRequestBody(req)) exchange(req, res, out, pool, undefined);
  else {
    const isRead = readSmallBody(req, (body) => exchange(req, res, out, pool, body));
    if (!isRead) forwardStream(req, res, out, pool);
  }
}
