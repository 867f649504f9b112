import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { GatewayRequest } from '../caller/caller.ts';
import { UpstreamTimeout } from '../answer/failures.ts';
import { readAfterFailedWrite } from './early-answer.ts';
import type { ForwardedRequest } from './forwarded-request.ts';
import { abortResponse, isGone, isHttp2, type GatewayResponse } from '../answer/respond.ts';
import { endResponse, flushSoon, writeHead } from './response-headers.ts';
import { connectOptions, type UpstreamPool } from './pool.ts';

/** Forwards a request with a body and its response, both as streams, with Node's own client. */
export function forwardStream(
  req: GatewayRequest,
  res: GatewayResponse,
  out: ForwardedRequest,
  pool: UpstreamPool,
): void {
  let answered = false;
  let complete = false;
  const { url } = out;
  const isTls = url.protocol === 'https:';
  const upstream = (isTls ? requestHttps : requestHttp)({
    ...connectOptions(url),
    agent: pool.agent(url),
    method: req.method ?? 'GET',
    path: out.path,
    headers: out.headers,
  });
  upstream.setTimeout(out.idleTimeout, () => {
    // A client that reads slowly is not the upstream's fault.
    const isReaderSlow = isHttp2(res) ? res.stream.writableNeedDrain : res.writableNeedDrain;
    if (!isReaderSlow) upstream.destroy(new UpstreamTimeout());
  });
  upstream.on('socket', readAfterFailedWrite);
  upstream.on('response', (response) => {
    answered = true;
    out.onResponse();
    response.once('end', () => (complete = true));
    sendBack(response, res, out);
  });
  upstream.on('error', (error) => {
    if (!answered && !isGone(res)) out.onFailure(error);
  });
  upstream.on('upgrade', (_response, socket) => {
    socket.destroy();
    if (!isGone(res)) out.onFailure(new Error('it switched protocols without being asked to'));
  });
  // The client disconnected. (On HTTP/2 a cancelled response counts as finished, hence the flag.)
  res.once('close', () => {
    if (!complete) upstream.destroy();
  });
  pipeRequestBody(req, upstream);
}

function pipeRequestBody(req: GatewayRequest, upstream: ClientRequest): void {
  req.pipe(upstream, { end: false });
  req.once('end', () => {
    if (req.rawTrailers.length > 0) upstream.addTrailers(req.trailers);
    upstream.end();
  });
  // The upstream answered before it had read everything, and closed: discard the rest.
  upstream.once('close', () => {
    req.unpipe(upstream);
    req.resume();
  });
}

function sendBack(response: IncomingMessage, res: GatewayResponse, out: ForwardedRequest): void {
  if (isGone(res)) {
    response.destroy();
    return;
  }
  const { statusCode = 502, statusMessage = '', rawHeaders } = response;
  try {
    writeHead(res, statusCode, statusMessage, out.rewriteResponse(rawHeaders));
  } catch (error) {
    response.destroy();
    out.onFailure(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  flushSoon(res);
  const tap = out.watch?.(statusCode, rawHeaders, undefined);
  if (tap) response.on('data', (chunk: Buffer) => tap.data(chunk));
  response.pipe(res, { end: false });
  response.once('end', () => {
    tap?.end();
    endResponse(res, response.trailers);
  });
  // Cut off in the middle: the client must notice, and not mistake the part for the whole.
  response.on('error', () => abortResponse(res));
}
