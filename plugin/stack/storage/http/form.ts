import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import { StorageError, storageErrors } from '../errors.ts';

// A chunk of a socket: a small file does not keep the parser from the fields behind it.
const FILE_BUFFER = 64 * 1024;

type Parser = InstanceType<typeof Busboy>;

/** Fields of a multipart upload that stand before the file, then all of them. */
export type FormFields = ReadonlyMap<string, string>;

/**
 * Reads a `multipart/form-data` body with one file; further files are dropped.
 *
 * @param onFile consumes the file; the fields that come after it are in the map once this function has returned
 * @param maxFields fields beyond these are dropped
 * @throws StorageError InvalidRequest when there is no file, with the parser's text when the body is malformed
 */
export async function readForm(
  req: IncomingMessage,
  onFile: (file: Readable, mimeType: string, fields: FormFields) => Promise<void>,
  maxFields = 10,
): Promise<FormFields> {
  const fields = new Map<string, string>();
  let taken: Promise<void> | undefined;
  let stream: Readable | undefined;
  let malformed: Error | undefined;
  let parser: Parser;
  try {
    parser = new Busboy({
      headers: req.headers as BusboyHeaders,
      limits: { fields: maxFields, files: 1 },
      fileHwm: FILE_BUFFER,
    });
  } catch (error) {
    throw storageErrors.invalidRequest(error instanceof Error ? error.message : String(error));
  }
  parser.on('field', (name, value) => fields.set(name, value));
  parser.on('file', (_name, file, _fileName, _encoding, mimeType) => {
    stream = file;
    // Whoever reads the file sees the error as well; without a listener it would end the process.
    file.on('error', (error: Error) => (malformed = error));
    // Without a reader the parser would wait forever.
    taken = onFile(file, mimeType, fields).finally(() => file.resume());
    taken.catch(() => {});
  });
  const fail = (): void => {
    stream?.destroy(new Error('the client went away'));
    parser.destroy(new Error('the client went away'));
  };
  req.once('aborted', fail).once('error', fail);
  req.pipe(parser);
  try {
    await Promise.race([finished(parser), failureOf(() => taken, parser)]);
    await taken;
  } catch (error) {
    stream?.destroy();
    await taken?.catch((failure: unknown) => {
      // Reading a malformed file fails in one way or another.
      if (failure instanceof StorageError || malformed === undefined) throw failure;
    });
    throw storageErrors.invalidRequest(error instanceof Error ? error.message : String(error));
  } finally {
    req.unpipe(parser);
    req.off('aborted', fail).off('error', fail);
  }
  if (!taken) throw storageErrors.noContent();
  return fields;
}

/** Settles only if the consumer of the file fails, which ends the request at once. */
function failureOf(taken: () => Promise<void> | undefined, parser: Parser): Promise<never> {
  return new Promise((_resolve, reject) => {
    parser.on('file', () => void taken()?.catch(reject));
  });
}
