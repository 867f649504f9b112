import type { ServerResponse } from 'node:http';
import type { HttpAnswer } from '../respond/answer.ts';

/** Sends the answer; values beyond Latin-1 go out as the bytes of their UTF-8. */
export function sendAnswer(res: ServerResponse, answer: HttpAnswer, headersOnly: boolean): void {
  if (res.writableEnded || res.destroyed) return;
  // A flat list keeps repeated names, and replaces what the gateway set under the same name.
  const headers = answer.headers.flatMap(([name, value]) => [name, headerValue(value)]);
  if (answer.statusText === undefined) res.writeHead(answer.status, headers);
  else res.writeHead(answer.status, headerValue(answer.statusText), headers);
  res.end(headersOnly ? undefined : answer.body);
}

// eslint-disable-next-line no-control-regex -- what a header cannot carry
const FORBIDDEN = /[\u0000-\u0008\u000a-\u001f\u007f]/g;
// eslint-disable-next-line no-control-regex -- the range is ASCII
const ASCII = /^[\u0020-\u007e]*$/;

function headerValue(text: string): string {
  if (ASCII.test(text)) return text;
  return Buffer.from(text, 'utf8').toString('latin1').replaceAll(FORBIDDEN, ' ');
}
