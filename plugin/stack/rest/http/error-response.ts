import type { HttpResponse } from './response.ts';
import { encodeError, type ErrorVerbosity, type RestError } from './rest-error.ts';

/** The HTTP response to a request that failed. */
export function errorResponse(error: RestError, verbosity: ErrorVerbosity): HttpResponse {
  const body = encodeError(error, verbosity);
  return {
    status: error.status,
    statusText: error.statusText,
    headers: [
      ['Content-Type', 'application/json; charset=utf-8'],
      ['Content-Length', String(Buffer.byteLength(body))],
      ['Proxy-Status', `PostgREST; error=${error.code}`],
      ...(error.status === 503 ? [['Retry-After', '1'] as const] : []),
      ...error.headers,
    ],
    body,
  };
}
