import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Dispatcher } from 'undici';
import { hasErrorCode } from '../../shared/errors.ts';
import { ALLOWED_ROLES_HEADER } from '../../shared/allowed-roles.ts';
import { CONNECTION_HEADERS } from '../../shared/connection-headers.ts';
import type { WorkerFailure } from './answers.ts';
import type { FunctionWorker } from './worker.ts';
import type { WorkerAddress } from './worker-address.ts';

/** For the connection to the gateway only, and what a function must not see. */
const NOT_PASSED_ON = new Set([...CONNECTION_HEADERS, 'expect', 'sb-api-key', ALLOWED_ROLES_HEADER]);

/** The headers of a call, names and values alternating. */
export function callHeaders(req: IncomingMessage, address: WorkerAddress): string[] {
  const headers = [...address.headers];
  const raw = req.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    // The gateway writes an empty one where there is no credential.
    const isEmpty = value === '' && name.toLowerCase() === 'authorization';
    if (!isEmpty && !NOT_PASSED_ON.has(name.toLowerCase())) headers.push(name, value);
  }
  return headers;
}

/**
 * Passes a call to a worker and its answer to the client, streaming both ways; an abort on either side reaches the
 * other.
 *
 * @returns why the client has no answer yet, `unsent` if the worker was not reached; undefined when it has one, or has
 *   gone
 */
export async function call(
  req: IncomingMessage,
  res: ServerResponse,
  worker: FunctionWorker,
  address: WorkerAddress,
  body: CallBody,
): Promise<WorkerFailure | 'unsent' | undefined> {
  if (res.destroyed) return undefined;
  const error = await new Promise<unknown>((resolve) => {
    const exchange = new Exchange(res, resolve);
    worker.pool.dispatch(
      { path: req.url ?? '/', method: req.method ?? 'GET', headers: callHeaders(req, address), body },
      exchange,
    );
  });
  if (error === undefined) return undefined;
  if (UNREACHED.some((code) => hasErrorCode(error, code))) return 'unsent';
  if (error instanceof errors.HeadersTimeoutError) return 'idle';
  // The process has ended, or is about to: then its last messages say why.
  await worker.endedWithin(EXPLAIN_MS);
  return worker.hitLimit ? 'limit' : 'exit';
}

const EXPLAIN_MS = 1_000;

/** Codes of a connection that was not made. */
const UNREACHED = ['ECONNREFUSED', 'ENOENT'];

/** Bytes of a body that is read before it is sent: less work than streaming it. */
const SMALL_BODY = 64 * 1024;

export type CallBody = Buffer | IncomingMessage | null;

/** The body to send: all of a small one, a stream of any other; undefined when the client has aborted it. */
export async function readBody(req: IncomingMessage): Promise<CallBody | undefined> {
  const { 'content-length': length, 'transfer-encoding': encoding } = req.headers;
  if (length === undefined ? encoding === undefined : length === '0') return null;
  if (!(Number(length) <= SMALL_BODY)) return req;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of req) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

/** Writes a worker's answer to the client as it comes. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #res: ServerResponse;
  readonly #onEnd: (error?: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #waitsForDrain = false;

  /** @param onEnd is given an error if the client has no answer yet */
  constructor(res: ServerResponse, onEnd: (error?: unknown) => void) {
    this.#res = res;
    this.#onEnd = onEnd;
    res.once('close', () => {
      if (!res.writableFinished) this.#controller?.abort(new Error('The client has gone'));
      onEnd();
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#res.destroyed) controller.abort(new Error('The client has gone'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) return;
    const res = this.#res;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined && !CONNECTION_HEADERS.has(name)) res.setHeader(name, value);
    }
    res.writeHead(status);
    // The first event of a stream may come much later.
    if (headers['content-length'] === undefined) res.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#res.write(chunk)) return;
    controller.pause();
    if (this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    this.#res.on('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.#res.end();
    this.#onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const res = this.#res;
    if (!res.headersSent && !res.destroyed) return this.#onEnd(error);
    // What was cut off is never completed.
    res.destroy();
    this.#onEnd();
  }
}
