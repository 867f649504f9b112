import type { IncomingMessage } from 'node:http';
import { HttpError } from './respond.ts';

// The original's parser limit.
const MAX_BODY_BYTES = 8_000_000;

/** @throws HttpError 413 beyond 8 MB */
export async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += (chunk as Buffer).length;
    // Read to its end all the same: a client that is still sending would not see the answer.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  if (size > MAX_BODY_BYTES) throw new HttpError(413, 'Request Entity Too Large');
  return Buffer.concat(chunks);
}

/** The type without parameters, in lower case; undefined when the header is absent. */
export function contentType(req: IncomingMessage): string | undefined {
  return req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
}

/** @throws HttpError 400 */
export function parseJsonBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new HttpError(400, 'Bad Request');
  }
}

/** `a[0][b]=1&c=2` as Phoenix reads forms: `{a: {"0": {b: "1"}}, c: "2"}`. */
export function parseForm(body: Buffer): Record<string, unknown> {
  const form: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(body.toString())) {
    const keys = [...name.matchAll(/([^[\]]+)/g)].map(([key]) => key);
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
