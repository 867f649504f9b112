import type { ServerResponse } from 'node:http';
import type { Header, HttpResponse } from './response.ts';

/** Sends the response; header values beyond ASCII as their UTF-8 bytes. */
export function sendResponse(res: ServerResponse, response: HttpResponse, headersOnly: boolean): void {
  if (res.writableEnded || res.destroyed) return;
  const headers = listHeaders(response.headers);
  if (response.statusText === undefined) res.writeHead(response.status, headers);
  else res.writeHead(response.status, headerValue(response.statusText), headers);
  res.end(headersOnly ? undefined : response.body);
}

/**
 * A flat list of names and values, which replaces headers of the same name that the gateway has set. The values of a
 * repeated name are one list: Node keeps only the last of repeated entries when headers were set before.
 */
function listHeaders(headers: readonly Header[]): (string | string[])[] {
  const positions = new Map<string, number>();
  const list: (string | string[])[] = [];
  for (const [name, text] of headers) {
    const value = headerValue(text);
    const position = positions.get(name.toLowerCase());
    if (position === undefined) positions.set(name.toLowerCase(), list.push(name, value) - 1);
    else list[position] = [list[position] ?? [], value].flat();
  }
  return list;
}

// eslint-disable-next-line no-control-regex -- characters that a header cannot hold
const FORBIDDEN = /[\u0000-\u0008\u000a-\u001f\u007f]/g;
// eslint-disable-next-line no-control-regex -- the range is ASCII
const ASCII = /^[\u0020-\u007e]*$/;

function headerValue(text: string): string {
  if (ASCII.test(text)) return text;
  return Buffer.from(text, 'utf8').toString('latin1').replaceAll(FORBIDDEN, ' ');
}
