import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { GatewayRequest } from './caller.ts';
import { UpstreamTimeout } from './failures.ts';
import { hasRequestBody } from './headers.ts';
import { breakOff, isGone, isHttp2, type GatewayResponse } from './respond.ts';
import { connectOptions, type UpstreamPool } from './upstream-pool.ts';

export interface ForwardedRequest {
  readonly url: URL;
  /** The whole request target for the upstream. */
  readonly path: string;
  /** Names and values alternating. */
  readonly headers: string[];
  /** Milliseconds without a byte in either direction after which the upstream counts as hung. */
  readonly idleTimeout: number;
  /** Changes a response's headers (names and values alternating) before they go to the client. */
  rewriteResponse(headers: string[]): string[];
  /** The upstream's headers have come. */
  onResponse(): void;
  /** No response will come. Not called when the client went away. */
  onFailure(error: Error): void;
}

/**
 * Passes a request on and its response back, both as streams: nothing is held, backpressure goes through, an abort
 * on either side reaches the other, trailers follow.
 */
export function forwardHttp(
  req: GatewayRequest,
  res: GatewayResponse,
  out: ForwardedRequest,
  pool: UpstreamPool,
): void {
  let answered = false;
  let complete = false;
  let retried = false;
  const withBody = hasRequestBody(req);
  let upstream = send();

  // The client went away. (On HTTP/2 a cancelled response calls itself finished, so we keep count ourselves.)
  res.once('close', () => {
    if (!complete) upstream.destroy();
  });
  // An aborted upload; 'close' above does the rest.
  req.on('error', () => {});
  res.on('error', () => {});

  function send(): ClientRequest {
    const { url } = out;
    const isTls = url.protocol === 'https:';
    const request = (isTls ? requestHttps : requestHttp)({
      ...connectOptions(url),
      agent: pool.agent(url),
      method: req.method ?? 'GET',
      path: out.path,
      headers: out.headers,
    });
    request.setTimeout(out.idleTimeout, () => {
      // A client that reads slowly is no fault of the upstream.
      const isReaderSlow = isHttp2(res) ? res.stream.writableNeedDrain : res.writableNeedDrain;
      if (!isReaderSlow) request.destroy(new UpstreamTimeout());
    });
    request.on('response', (response) => {
      answered = true;
      out.onResponse();
      response.once('end', () => (complete = true));
      sendBack(response, res, out);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (answered || isGone(res)) return;
      // An idle connection that the upstream closed in the moment we took it: nothing has been processed.
      if (request.reusedSocket && error.code === 'ECONNRESET' && !withBody && !retried) {
        retried = true;
        upstream = send();
        return;
      }
      out.onFailure(error);
    });
    if (withBody) pipeRequestBody(req, request);
    else request.end();
    return request;
  }
}

function pipeRequestBody(req: GatewayRequest, upstream: ClientRequest): void {
  req.pipe(upstream, { end: false });
  req.once('end', () => {
    if (req.rawTrailers.length > 0) upstream.addTrailers(req.trailers);
    upstream.end();
  });
  // The upstream answered before it had read all, and closed: what remains has no reader.
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
  writeHead(response, res, out);
  response.pipe(res, { end: false });
  response.once('end', () => {
    if (response.rawTrailers.length > 0) res.addTrailers(response.trailers);
    res.end();
  });
  // Cut off in the middle: the client must see that too, and not take the part for the whole.
  response.on('error', () => breakOff(res));
}

const CONNECTION_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  // Node refuses it beside a Content-Length; the trailers themselves follow without being announced.
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function writeHead(response: IncomingMessage, res: GatewayResponse, out: ForwardedRequest): void {
  const raw = response.rawHeaders;
  const passed: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!CONNECTION_HEADERS.has(name.toLowerCase())) passed.push(name, raw[i + 1] ?? '');
  }
  const headers = out.rewriteResponse(passed);
  const status = response.statusCode ?? 502;
  const isOurs = !isHttp2(res) && res.getHeaderNames().length === 0;
  if (isOurs) {
    res.writeHead(status, response.statusMessage, headers);
    return;
  }
  // With headers that somebody has set before (Vite's CORS), and on HTTP/2, writeHead keeps only one of several of a
  // name, such as Set-Cookie.
  res.statusCode = status;
  if (!isHttp2(res) && response.statusMessage) res.statusMessage = response.statusMessage;
  const grouped = new Map<string, string[]>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    grouped.set(name, [...(grouped.get(name) ?? []), headers[i + 1] ?? '']);
  }
  for (const [name, values] of grouped) {
    const before = name === 'vary' ? res.getHeader(name) : undefined;
    const all = before === undefined ? values : [String(before), ...values];
    res.setHeader(name, all.length === 1 ? (all[0] ?? '') : all);
  }
  res.writeHead(status);
}
