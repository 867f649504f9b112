import type { IncomingMessage } from 'node:http';

/** The address of a request, as far as path and query are concerned; undefined when it is none. */
export function requestUrl(req: IncomingMessage): URL | undefined {
  const url = req.url ?? '/';
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined;
}
