import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from './authenticate.ts';
import { toStorageError } from '../errors.ts';

/** One request with its answer, after routing. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Path and query as the client wrote them, without the gateway's prefix. */
  readonly url: string;
  /** Parameters of the route, decoded; `*` is the rest of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The checked JSON body, if the route has one. */
  readonly body: unknown;
  readonly caller: Caller;
  /** What policies see as `storage.operation()`. */
  readonly operation: string;
}

/** A request header that may come only once. */
export function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  contentType = 'application/json; charset=utf-8',
): void {
  const text = Buffer.from(JSON.stringify(body));
  res.writeHead(status, { 'content-type': contentType, 'content-length': text.length });
  res.end(text);
}

// An upload that is refused early is still being sent: swallow little, hang up on much.
const SWALLOWED_BODY = 8 * 1024 * 1024;

/** Answers an error of the REST API; afterwards the connection is closed if a large body was left unread. */
export function sendError(req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
  const error = toStorageError(thrown);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  startErrorAnswer(req, res);
  sendJson(res, error.httpStatus, error.body());
}

/** Takes back the headers of what was going to be answered, and ends the connection if much is still to come. */
export function startErrorAnswer(req: IncomingMessage, res: ServerResponse): void {
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  if (!req.complete && !(Number(req.headers['content-length']) <= SWALLOWED_BODY))
    res.setHeader('connection', 'close');
}
