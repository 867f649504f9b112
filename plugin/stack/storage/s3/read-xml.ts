// Storage v1.70.6 src/http/routes/s3/router.ts
import type { IncomingMessage } from 'node:http';
import { StorageError, storageErrors } from '../errors.ts';
import { readJsonBody, readText } from '../http/body.ts';
import { checkSchema, type Schema, type ValueOf } from '../http/schema.ts';
import { parseXml } from './parse-xml.ts';

/**
 * The document of a request, checked and coerced. JSON of the same shape is accepted as well.
 *
 * @param lists as in `parseXml`
 * @throws StorageError MalformedXML, InvalidRequest
 */
export async function readXml<const S extends Schema>(
  req: IncomingMessage,
  schema: S,
  lists: readonly string[],
): Promise<ValueOf<S>> {
  if (req.headers['content-type']?.startsWith('application/json'))
    return checkDocument(schema, await readJsonBody(req, false));
  const text = await readText(req).catch((error: unknown) => {
    throw error instanceof StorageError ? new StorageError(413, 'InvalidRequest', error.message) : error;
  });
  return checkDocument(schema, await parseXml(text, lists));
}

/** @throws StorageError InvalidRequest with Storage's message, in which ", " separates the path's names */
async function checkDocument<const S extends Schema>(schema: S, document: unknown): Promise<ValueOf<S>> {
  try {
    return await checkSchema(schema, document, 'Body');
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw storageErrors.invalidRequest(error.message.replace(/^\S+/, (path) => path.replaceAll('/', ', ')));
  }
}
