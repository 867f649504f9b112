// Storage v1.70.6 src/http/error-handler.ts, src/http/plugins/header-validator.ts
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StorageError, toStorageError } from '../errors.ts';

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

/** Answers an error of the REST API. */
export function sendError(req: IncomingMessage, res: ServerResponse, thrown: unknown): void {
  if (!startErrorResponse(req, res)) return;
  const error = toStorageError(thrown);
  sendJson(res, error.httpStatus, error.body());
}

// A client whose upload is refused early is still sending: read a small rest, close the connection on a large one.
const MAX_DISCARDED = 8 * 1024 * 1024;

/**
 * Discards the headers of the intended response, and closes the connection afterwards if much of the body is unread.
 *
 * @returns false if the response has already started; the connection is then cut, so the client detects that the
 * response is incomplete
 */
export function startErrorResponse(req: IncomingMessage, res: ServerResponse): boolean {
  if (res.headersSent) {
    res.destroy();
    return false;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  const isLarge = !req.complete && !(Number(req.headers['content-length']) <= MAX_DISCARDED);
  // HTTP/2 ends the stream alone.
  if (isLarge && req.httpVersionMajor < 2) res.setHeader('connection', 'close');
  return true;
}

/** Matches what Node refuses to send in a header. */
// oxlint-disable-next-line no-control-regex -- it includes control characters
export const NOT_IN_HEADERS = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Sets a header whose value an uploader may have chosen; undefined sets nothing.
 *
 * @throws StorageError InvalidRequest for a value that no header can carry
 */
export function setHeader(res: ServerResponse, name: string, value: string | undefined): void {
  if (value === undefined) return;
  if (NOT_IN_HEADERS.test(value)) {
    const message = `Invalid character in response header "${name}": ${value.slice(0, 50)}`;
    throw new StorageError(400, 'InvalidRequest', message, { error: 'invalid_header_char' });
  }
  res.setHeader(name, value);
}
