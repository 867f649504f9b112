import type { ServerResponse } from 'node:http';

/** Ends a request with this response; a string body is sent as plain text, any other as JSON. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

const CACHE_CONTROL = 'max-age=0, private, must-revalidate';

export function sendJson(res: ServerResponse, status: number, body: unknown): void {
  send(res, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

export function sendText(res: ServerResponse, status: number, body: string): void {
  send(res, status, 'text/plain; charset=utf-8', body);
}

function send(res: ServerResponse, status: number, contentType: string, body: string): void {
  res.writeHead(status, {
    'cache-control': CACHE_CONTROL,
    ...(body !== '' && { 'content-type': contentType }),
    'content-length': Buffer.byteLength(body),
  });
  res.end(body);
}
