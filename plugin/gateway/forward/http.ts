import type { GatewayResponse } from '../answer/respond.ts';
import type { GatewayRequest } from '../caller/caller.ts';
import { exchange } from './exchange.ts';
import type { ForwardedRequest } from './forwarded-request.ts';
import { hasRequestBody } from './headers.ts';
import type { UpstreamPool } from './pool.ts';
import { readSmallBody } from './small-body.ts';
import { forwardStream } from './stream.ts';

/**
 * Forwards a request and its response: large bodies are never held in memory, backpressure passes through, an abort on
 * either side reaches the other, trailers follow.
 *
 * Nearly all requests have no body or a small one and go through undici, which costs the least. A body that is large or
 * of unknown length is streamed by Node's own client, with its trailers.
 */
export function forwardHttp(
  req: GatewayRequest,
  res: GatewayResponse,
  out: ForwardedRequest,
  pool: UpstreamPool,
): void {
  // An aborted upload; the 'close' event of the response does the rest.
  req.on('error', () => {});
  res.on('error', () => {});
  if (!hasRequestBody(req)) exchange(req, res, out, pool, undefined);
  else {
    const isRead = readSmallBody(req, (body) => exchange(req, res, out, pool, body));
    if (!isRead) forwardStream(req, res, out, pool);
  }
}
