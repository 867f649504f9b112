import { validateHeaderName, validateHeaderValue } from 'node:http';
import { CONNECTION_HEADERS } from '../../../shared/connection-headers.ts';

/** An HTTP response, ready to be sent. */
export interface HttpResponse {
  readonly status: number;
  /** Reason phrase; undefined for the standard one. */
  readonly statusText?: string | undefined;
  readonly headers: readonly Header[];
  readonly body: string | Buffer;
}

export type Header = readonly [name: string, value: string];

/** Whether a header is the server's own, which the database cannot set: it would break the response. */
export function isFramingHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === 'content-length' || CONNECTION_HEADERS.has(lower);
}

/** Whether Node can send the header: a valid name, no line break in the value. */
export function isValidHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, Buffer.from(value, 'utf8').toString('latin1'));
    return true;
  } catch {
    return false;
  }
}

/** Whether a status that the database sets can end a request: an informational one cannot, and HTTP/2 has none above 599. */
export function isFinalStatus(status: unknown): status is number {
  return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599;
}

/** Adds headers, except those whose name is already present: these were set on purpose. */
export function addMissingHeaders(added: readonly Header[], present: readonly Header[]): Header[] {
  const names = new Set(present.map(([name]) => name.toLowerCase()));
  return [...added.filter(([name]) => !names.has(name.toLowerCase())), ...present];
}
