// Storage v1.70.6 src/http/plugins/empty-json-body.ts; Fastify 5 lib/content-type-parser.js
import type { IncomingMessage } from 'node:http';
import { readBody } from '../../http/read-body.ts';
import { isTooDeep } from '../../../shared/json.ts';
import { storageErrors } from '../errors.ts';

// Fastify's default, which Storage keeps.
const BODY_LIMIT = 1024 * 1024;
const CONTENT_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+/;

/** @throws StorageError InvalidMimeType for a malformed Content-Type */
export function checkContentType(req: IncomingMessage): void {
  const type = req.headers['content-type'];
  if (type !== undefined && !CONTENT_TYPE.test(type.trim())) throw storageErrors.invalidContentType();
}

/**
 * The JSON body of a request; undefined when there is none, text when it is text/plain.
 *
 * @param emptyAllowed whether a body declared as JSON may be empty
 * @throws StorageError with the messages of Fastify's body parser
 */
export async function readJsonBody(req: IncomingMessage, emptyAllowed: boolean): Promise<unknown> {
  checkContentType(req);
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const text = await readText(req);
  if (type === 'text/plain') return text;
  if (type !== 'application/json') return undefined;
  if (text === '') {
    if (emptyAllowed) return undefined;
    throw storageErrors.invalidBody("Body cannot be empty when content-type is set to 'application/json'");
  }
  const value = isTooDeep(text) ? undefined : parse(text);
  if (value === undefined)
    throw storageErrors.invalidBody("Body is not valid JSON but content-type is set to 'application/json'");
  return value;
}

/** The whole body as UTF-8. @throws StorageError EntityTooLarge above 1 MiB */
export async function readText(req: IncomingMessage): Promise<string> {
  if (Number(req.headers['content-length']) > BODY_LIMIT) throw storageErrors.bodyTooLarge();
  const body = await readBody(req, BODY_LIMIT);
  if (body === 'too-large') throw storageErrors.bodyTooLarge();
  if (body === 'aborted') throw new Error('the client closed the connection');
  return body.toString('utf8');
}

/** The body as it arrives. Breaking out of the loop keeps the connection open, so that it can carry the error. */
export function bodyOf(req: IncomingMessage): AsyncIterable<Buffer> {
  return req.iterator({ destroyOnReturn: false });
}

/** Undefined for malformed JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, dropPrototype) as unknown;
  } catch {
    return undefined;
  }
}

function dropPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
