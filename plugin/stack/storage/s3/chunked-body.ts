import { createHash } from 'node:crypto';
import { StorageError, storageErrors } from '../errors.ts';
import { isSameText } from './signature.ts';

// A piece's header is a hexadecimal length and perhaps a signature.
const MAX_LINE = 1024;
const SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const UNSIGNED = 'STREAMING-UNSIGNED-PAYLOAD';

/** Whether the body comes in pieces of `aws-chunked` encoding (`x-amz-content-sha256`). */
export function isChunkedBody(contentHash: string | undefined): boolean {
  return contentHash?.startsWith(SIGNED) === true || contentHash?.startsWith(UNSIGNED) === true;
}

/**
 * Decodes an `aws-chunked` body: `length[;chunk-signature=…]\r\n data \r\n`, a piece of length 0, trailers.
 *
 * @param contentHash which of the encodings it is
 * @param sign the signature that a piece with this hash must have, given that of the piece before
 * @param seed signature of the request, which the first piece's covers
 * @throws StorageError SignatureDoesNotMatch, InvalidRequest
 */
export async function* decodeChunkedBody(
  source: AsyncIterable<Buffer>,
  contentHash: string,
  sign: (previous: string, hash: string) => string,
  seed: string,
): AsyncGenerator<Buffer> {
  const isSigned = contentHash.startsWith(SIGNED);
  const reader = new PieceReader(source);
  let previous = seed;
  for (;;) {
    const [size, extension = ''] = (await reader.readLine()).split(';', 2);
    if (size === undefined || !/^[0-9a-f]{1,8}$/i.test(size)) throw malformed();
    const hash = isSigned ? createHash('sha256') : undefined;
    for await (const data of reader.read(Number.parseInt(size, 16))) {
      hash?.update(data);
      yield data;
    }
    if (hash) {
      const signature = /^chunk-signature=([0-9a-f]{64})$/.exec(extension)?.[1] ?? '';
      const expected = sign(previous, hash.digest('hex'));
      if (!isSameText(expected, signature)) throw signatureMismatch();
      previous = signature;
    }
    if (Number.parseInt(size, 16) === 0) break;
    if ((await reader.readLine()) !== '') throw malformed();
  }
  // Trailers repeat what is known otherwise, such as a checksum; the connection needs them read.
  await reader.drain();
}

/** Takes lines and counted bytes out of a stream, never holding more than one chunk of it and a line. */
class PieceReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async readLine(): Promise<string> {
    let end = this.#rest.indexOf('\r\n');
    while (end < 0) {
      if (this.#rest.length > MAX_LINE) throw malformed();
      const more = await this.#next();
      if (!more) throw malformed();
      this.#rest = Buffer.concat([this.#rest, more]);
      end = this.#rest.indexOf('\r\n');
    }
    const line = this.#rest.subarray(0, end).toString('latin1');
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  async *read(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      if (this.#rest.length === 0) {
        const more = await this.#next();
        if (!more) throw malformed();
        this.#rest = more;
      }
      const data = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(data.length);
      left -= data.length;
      yield data;
    }
  }

  async drain(): Promise<void> {
    while (await this.#next());
  }

  async #next(): Promise<Buffer | undefined> {
    const { value, done } = await this.#source.next();
    return done ? undefined : value;
  }
}

function malformed(): StorageError {
  return storageErrors.invalidRequest('Malformed aws-chunked body');
}

export function signatureMismatch(): StorageError {
  return new StorageError(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );
}
