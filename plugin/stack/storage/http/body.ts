import type { IncomingMessage } from 'node:http';
import { storageErrors } from '../errors.ts';

// Fastify's limit, which the Storage API keeps.
const JSON_LIMIT = 1024 * 1024;
const CONTENT_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+/;

/** @throws StorageError InvalidMimeType for a Content-Type that is none */
export function checkContentType(req: IncomingMessage): void {
  const type = req.headers['content-type'];
  if (type !== undefined && !CONTENT_TYPE.test(type.trim())) throw storageErrors.invalidContentType();
}

/**
 * The JSON body of a request; undefined when there is none, the text when it is text/plain.
 *
 * @param emptyAllowed whether an empty body may call itself JSON
 * @throws StorageError with the texts of Fastify's body parser
 */
export async function readJsonBody(req: IncomingMessage, emptyAllowed: boolean): Promise<unknown> {
  checkContentType(req);
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (Number(req.headers['content-length']) > JSON_LIMIT) throw storageErrors.bodyTooLarge();
  const text = (await readAll(req, JSON_LIMIT)).toString('utf8');
  if (type === 'text/plain') return text;
  if (type !== 'application/json') return undefined;
  if (text === '') {
    if (emptyAllowed) return undefined;
    throw storageErrors.invalidBody("Body cannot be empty when content-type is set to 'application/json'");
  }
  try {
    return JSON.parse(text, dropPrototype) as unknown;
  } catch {
    throw storageErrors.invalidBody("Body is not valid JSON but content-type is set to 'application/json'");
  }
}

/** The body as it arrives. Who stops reading early leaves the connection open, for the answer that says why. */
export function bodyOf(req: IncomingMessage): AsyncIterable<Buffer> {
  return req.iterator({ destroyOnReturn: false });
}

/** @throws StorageError EntityTooLarge above `limit` bytes */
export async function readAll(req: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bodyOf(req)) {
    length += chunk.length;
    if (length > limit) throw storageErrors.bodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function dropPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
