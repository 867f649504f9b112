import type { IncomingMessage } from 'node:http';
import { MAX_JSON_DEPTH, parseJson } from '../../../shared/json.ts';
import { readBody as readWholeBody } from '../../http/read-body.ts';
import { HttpError } from './respond.ts';

// Limit of Phoenix's body parser.
const MAX_BODY_BYTES = 8_000_000;

/** @throws HttpError 413 beyond 8 MB; 400 when the client disconnected */
export async function readBody(req: IncomingMessage): Promise<Buffer> {
  const body = await readWholeBody(req, MAX_BODY_BYTES);
  if (body === 'too-large') throw new HttpError(413, 'Request Entity Too Large');
  if (body === 'aborted') throw new HttpError(400, 'Bad Request');
  return body;
}

/** The media type without parameters, in lower case; undefined without the header. */
export function contentType(req: IncomingMessage): string | undefined {
  return req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
}

/** @throws HttpError 400 for malformed JSON */
export function parseJsonBody(body: Buffer): unknown {
  const value = parseJson(body.toString());
  if (value === undefined) throw new HttpError(400, 'Bad Request');
  return value;
}

/** Parses a form like Phoenix: `a[0][b]=1&c=2` is `{a: {"0": {b: "1"}}, c: "2"}`. @throws HttpError 400 beyond 1,000 levels */
export function parseForm(body: Buffer): Record<string, unknown> {
  const form: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(body.toString())) {
    const keys = [...name.matchAll(/([^[\]]+)/g)].map(([key]) => key);
    if (keys.length > MAX_JSON_DEPTH) throw new HttpError(400, 'Bad Request');
    const last = keys.pop();
    if (last === undefined || [...keys, last].includes('__proto__')) continue;
    let table = form;
    for (const key of keys) {
      const inner = table[key];
      table =
        typeof inner === 'object' ? (inner as Record<string, unknown>) : (table[key] = {} as typeof form);
    }
    table[last] = value;
  }
  return form;
}
