import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestScope } from '../database/request-scope.ts';

/** One request with its response, after authentication. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly query: URLSearchParams;
  /** The caller and what else SQL sees of the request. */
  readonly scope: RequestScope;
}

/** A request header that may come only once. */
export function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Whether the body is a form (`multipart/form-data`). */
export function isForm(req: IncomingMessage): boolean {
  return req.headers['content-type']?.startsWith('multipart/form-data') === true;
}
