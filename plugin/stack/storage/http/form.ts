import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import { errorMessage } from '../../../shared/errors.ts';
import { StorageError, storageErrors } from '../errors.ts';

/** Bytes of a file that are held in memory until the fields after it are known. */
export const HELD_BYTES = 64 * 1024;

type Parser = InstanceType<typeof Busboy>;

/** Fields of a form by name; of a repeated name the last value. */
export type FormFields = ReadonlyMap<string, string>;

/** The file of a form, while the form is still being parsed. */
export interface FormFile {
  /** Must be consumed: the parser waits for it. */
  readonly content: AsyncIterable<Buffer>;
  readonly mimeType: string;
  /** Fields before the file. */
  readonly before: FormFields;
  /** Whether two of them have the same name. */
  readonly hasRepeatedField: boolean;
  /**
   * All fields of a form whose file has at most `HELD_BYTES`, wherever they are; only those before a larger file.
   * Does not depend on how the body is split into chunks. Rejects if the form is malformed.
   */
  knownFields(): Promise<FormFields>;
}

/**
 * Reads a `multipart/form-data` body with one file; further files are dropped.
 *
 * @param onFile consumes the file
 * @param maxFields fields beyond these are dropped
 * @returns all fields
 * @throws StorageError InvalidRequest without a file, with the parser's message when the body is malformed; whatever
 * `onFile` throws
 */
export async function readForm(
  req: IncomingMessage,
  onFile: (file: FormFile) => Promise<void>,
  maxFields = 10,
): Promise<FormFields> {
  if (req.destroyed) throw aborted();
  const parser = createParser(req, maxFields);
  const fields = new Map<string, string>();
  let consumed: Promise<void> | undefined;
  let stream: Readable | undefined;
  let malformed: Error | undefined;
  const parsed = finished(parser).then(() => fields);
  parsed.catch((error: Error) => (malformed ??= error));
  // The parser's types do not say that a field may have no name.
  let count = 0;
  parser.on('field', (name: string | undefined, value) => {
    count += 1;
    fields.set(name ?? '', value);
  });
  const consumerFailed = new Promise<never>((_resolve, reject) => {
    parser.on('file', (_name, file, _fileName, _encoding, mimeType) => {
      stream = file;
      // The consumer gets this error as well; without a listener here it would end the process.
      file.on('error', (error: Error) => (malformed = error));
      const held = new HeldFile(file, mimeType, new Map(fields), parsed, count > fields.size);
      consumed = onFile(held).finally(() => held.drain());
      consumed.catch(reject);
    });
  });
  const abort = (): void => {
    stream?.destroy(aborted());
    parser.destroy(aborted());
  };
  req.once('aborted', abort).once('error', abort);
  req.pipe(parser);
  try {
    await Promise.race([parsed, consumerFailed]);
    await consumed;
  } catch (error) {
    stream?.destroy();
    await consumed?.catch((failure: unknown) => {
      // If the form is malformed, its consumer fails as a consequence; only a failure of its own is reported.
      if (failure instanceof StorageError || malformed === undefined) throw failure;
    });
    throw storageErrors.invalidRequest(errorMessage(error));
  } finally {
    req.unpipe(parser);
    req.off('aborted', abort).off('error', abort);
  }
  if (!consumed) throw storageErrors.noContent();
  return fields;
}

function aborted(): Error {
  return new Error('the client closed the connection');
}

function createParser(req: IncomingMessage, maxFields: number): Parser {
  try {
    return new Busboy({
      headers: req.headers as BusboyHeaders,
      limits: { fields: maxFields, files: 1 },
      fileHwm: HELD_BYTES,
    });
  } catch (error) {
    throw storageErrors.invalidRequest(errorMessage(error));
  }
}

/** Holds back the beginning of a file until the fields after it are known. */
class HeldFile implements FormFile {
  readonly content: AsyncIterable<Buffer>;
  readonly mimeType: string;
  readonly before: FormFields;
  readonly hasRepeatedField: boolean;
  readonly #stream: Readable;
  readonly #source: AsyncIterator<Buffer>;
  readonly #all: Promise<FormFields>;
  readonly #held: Buffer[] = [];

  /** @param all resolves at the end of the form */
  constructor(
    stream: Readable,
    mimeType: string,
    before: FormFields,
    all: Promise<FormFields>,
    hasRepeatedField: boolean,
  ) {
    this.#stream = stream;
    this.#source = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
    this.#all = all;
    this.content = this.#read();
    this.mimeType = mimeType;
    this.before = before;
    this.hasRepeatedField = hasRepeatedField;
  }

  async knownFields(): Promise<FormFields> {
    for (let size = 0; size <= HELD_BYTES;) {
      const { value, done } = await this.#source.next();
      if (done) return this.#all;
      this.#held.push(value);
      size += value.length;
    }
    return this.before;
  }

  /** Discards the unread rest, for which the parser would wait. */
  drain(): void {
    void this.#source.return?.();
    this.#stream.resume();
  }

  async *#read(): AsyncGenerator<Buffer> {
    yield* this.#held;
    yield* { [Symbol.asyncIterator]: () => this.#source };
  }
}
