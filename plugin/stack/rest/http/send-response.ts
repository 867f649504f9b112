import type { ServerResponse } from 'node:http';
import type { HttpResponse } from './response.ts';

/** Sends the response; header values beyond ASCII as their UTF-8 bytes. */
export function sendResponse(res: ServerResponse, response: HttpResponse, headersOnly: boolean): void {
  if (res.writableEnded || res.destroyed) return;
  // A flat list keeps repeated names, and replaces headers of the same name that the gateway has set.
  const headers = response.headers.flatMap(([name, value]) => [name, headerValue(value)]);
  if (response.statusText === undefined) res.writeHead(response.status, headers);
  else res.writeHead(response.status, headerValue(response.statusText), headers);
  res.end(headersOnly ? undefined : response.body);
}

// eslint-disable-next-line no-control-regex -- characters that a header cannot hold
const FORBIDDEN = /[\u0000-\u0008\u000a-\u001f\u007f]/g;
// eslint-disable-next-line no-control-regex -- the range is ASCII
const ASCII = /^[\u0020-\u007e]*$/;

function headerValue(text: string): string {
  if (ASCII.test(text)) return text;
  return Buffer.from(text, 'utf8').toString('latin1').replaceAll(FORBIDDEN, ' ');
}
