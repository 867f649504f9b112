import type { IncomingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { AnswerTap } from '../answer/watch-upstream.ts';
import type { GatewayRequest } from '../caller/caller.ts';
import type { Connection, Connections } from './connections.ts';
import type { ForwardedRequest } from './forwarded-request.ts';
import { abortResponse, isGone, isHttp2, type GatewayResponse } from '../answer/respond.ts';
import { endResponse, flushSoon, writeHead } from './response-headers.ts';
import type { UpstreamPool } from './pool.ts';

/** Sends a request whose body is in memory (or absent) and streams the response back. */
export function exchange(
  req: GatewayRequest,
  res: GatewayResponse,
  out: ForwardedRequest,
  pool: UpstreamPool,
  body: Buffer | undefined,
): void {
  const begin = (connections: Connections): void => {
    if (isGone(res)) return;
    const options = {
      method: req.method ?? 'GET',
      path: out.path,
      headers: out.headers,
      body: body ?? null,
      headersTimeout: out.idleTimeout,
      bodyTimeout: out.idleTimeout,
    };
    const running = new Exchange(res, out, connections, options, body);
    // The client disconnected. (On HTTP/2 a cancelled response counts as finished, so the exchange keeps its own state.)
    res.once('close', () => running.abandon());
    running.start();
  };
  const connections = pool.connections(out.url);
  if (connections instanceof Promise) connections.then(begin, out.onFailure);
  else begin(connections);
}

/** A body up to this size that arrives in one chunk is sent with the headers in one system call. */
const SMALL_RESPONSE = 16 * 1024;

class Exchange implements Dispatcher.DispatchHandler {
  readonly #res: GatewayResponse;
  readonly #out: ForwardedRequest;
  readonly #connections: Connections;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #body: Buffer | undefined;
  #connection: Connection | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #wasRetried = false;
  #hasBegun = false;
  #hasNoBody = false;
  #waitsForDrain = false;
  #tap: AnswerTap | undefined;
  /** Bytes still to come, where the upstream sent a Content-Length. */
  #rest = NaN;

  constructor(
    res: GatewayResponse,
    out: ForwardedRequest,
    connections: Connections,
    options: Dispatcher.DispatchOptions,
    body: Buffer | undefined,
  ) {
    this.#res = res;
    this.#out = out;
    this.#connections = connections;
    this.#options = options;
    this.#body = body;
  }

  start(): void {
    this.#connection = this.#connections.acquire();
    this.#connection.dispatch(this.#options, this);
  }

  /** Aborts the request to the upstream; the client gets no answer. */
  abandon(): void {
    if (this.#connection) this.#controller?.abort(new Error('The client disconnected'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (isGone(this.#res)) this.abandon();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: IncomingHttpHeaders,
    reason = '',
  ): void {
    // Informational; the answer follows.
    if (status < 200) return;
    this.#out.onResponse();
    const raw = controller.rawHeaders as readonly Buffer[];
    const headers: string[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = raw[i]?.toString('latin1') ?? '';
      const value = raw[i + 1]?.toString('latin1') ?? '';
      if (name.length === 14 && name.toLowerCase() === 'content-length') this.#rest = Number(value);
      headers.push(name, value);
    }
    if (this.#connection) this.#connection.awaitsHead = false;
    this.#tap = this.#out.watch?.(status, headers, this.#body);
    this.#hasNoBody = status === 304 || status === 204;
    writeHead(this.#res, status, toLatin1(reason), this.#out.rewriteResponse(headers));
    this.#hasBegun = true;
    flushSoon(this.#res);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const res = this.#res;
    this.#tap?.data(chunk);
    this.#rest -= chunk.length;
    if (this.#rest === 0 && chunk.length <= SMALL_RESPONSE && !isHttp2(res)) {
      res.end(chunk.toString('latin1'), 'latin1');
      return;
    }
    const writable: Writable = res;
    if (writable.write(chunk)) return;
    controller.pause();
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    res.on('drain', () => controller.resume());
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#connection?.countAnswer();
    this.#release();
    this.#tap?.end();
    const res = this.#res;
    if (res.writableEnded) return;
    endResponse(res, trailers);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const isReused = this.#connection?.isReused ?? false;
    this.#release();
    // undici expects a body of the Content-Length, which in a 304 is that of the entity (RFC 9110, 8.6).
    if (this.#hasBegun && this.#hasNoBody && codeOf(error) === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
      this.#res.end();
      return;
    }
    // Cut off in the middle: the client must notice, and not mistake the part for the whole.
    if (this.#hasBegun) abortResponse(this.#res);
    else if (isGone(this.#res)) return;
    else if (isReused && isClosed(error) && this.#options.body === null && !this.#wasRetried) {
      // The upstream closed this idle connection at the moment of its reuse: nothing has been processed.
      this.#wasRetried = true;
      this.start();
    } else this.#out.onFailure(error);
  }

  #release(): void {
    if (!this.#connection) return;
    this.#connections.release(this.#connection);
    this.#connection = undefined;
    this.#controller = undefined;
  }
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

function isClosed(error: Error): boolean {
  const code = codeOf(error);
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** undici decodes a reason phrase as UTF-8, which Node refuses to write; this restores the bytes as received. */
function toLatin1(reason: string): string {
  return /[^\0-\x7f]/.test(reason) ? Buffer.from(reason).toString('latin1') : reason;
}
