// Storage v1.70.6 src/storage/protocols/s3/signature-v4-stream.ts
import { createHash } from 'node:crypto';
import { StorageError, storageErrors } from '../errors.ts';
import { isSameText } from './signature.ts';

const MAX_LINE = 256;
const MAX_CHUNK = 8 * 1024 * 1024;
const MAX_TRAILERS = 16 * 1024;
const SIGNED = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const UNSIGNED = 'STREAMING-UNSIGNED-PAYLOAD';
const ENCODINGS = new Set([SIGNED, `${SIGNED}-TRAILER`, `${UNSIGNED}-TRAILER`]);

/** Whether `x-amz-content-sha256` announces an `aws-chunked` body. */
export function isChunkedBody(contentHash: string | undefined): boolean {
  return contentHash?.startsWith(SIGNED) === true || contentHash?.startsWith(UNSIGNED) === true;
}

/**
 * Decodes an `aws-chunked` body: chunks of `length[;chunk-signature=…]\r\n data \r\n`, one of length 0, trailers. Like
 * in Storage, announced trailers must be present, but the checksum in them is not verified.
 *
 * @param contentHash names the encoding
 * @param sign the expected signature of a chunk with this hash, given that of the chunk before
 * @param seed signature of the request, which that of the first chunk covers
 * @throws StorageError SignatureDoesNotMatch, InvalidSignature, InvalidRequest, EntityTooLarge for a chunk above 8 MiB
 */
export function decodeChunkedBody(
  source: AsyncIterable<Buffer>,
  contentHash: string,
  sign: (previous: string, hash: string) => string,
  seed: string,
): AsyncGenerator<Buffer> {
  if (!ENCODINGS.has(contentHash))
    throw storageErrors.invalidRequest(`Invalid streaming algorithm: ${contentHash}`);
  return decodeChunks(new ChunkReader(source), contentHash, sign, seed);
}

async function* decodeChunks(
  reader: ChunkReader,
  contentHash: string,
  sign: (previous: string, hash: string) => string,
  seed: string,
): AsyncGenerator<Buffer> {
  const isSigned = contentHash.startsWith(SIGNED);
  const hasTrailers = contentHash.endsWith('-TRAILER');
  let previous = seed;
  for (;;) {
    const { size, signature } = parseHeader(await reader.readHeader(), isSigned);
    const hash = isSigned ? createHash('sha256') : undefined;
    for await (const data of reader.read(size)) {
      hash?.update(data);
      yield data;
    }
    if (size > 0 || !hasTrailers) await reader.readLineEnd();
    if (hash) {
      if (!isSameText(sign(previous, hash.digest('hex')), signature)) throw signatureMismatch();
      previous = signature;
    }
    if (size === 0) break;
  }
  if (hasTrailers) await reader.skipTrailers();
  await reader.expectEnd();
}

function parseHeader(line: string, isSigned: boolean): { size: number; signature: string } {
  const [length = '', signature, ...rest] = line.split(';chunk-signature=');
  if (signature === undefined) {
    if (!/^[0-9a-f]+$/i.test(length)) throw storageErrors.invalidRequest('Invalid chunk size');
    if (isSigned) throw storageErrors.invalidSignature('Missing chunk signature');
  } else if (rest.length > 0 || !/^[0-9a-f]+$/i.test(length) || !/^[0-9a-f]{64}$/i.test(signature))
    throw storageErrors.invalidRequest('Invalid chunk header');
  const size = Number.parseInt(length, 16);
  if (size > MAX_CHUNK) throw storageErrors.tooLarge('chunk', `${MAX_CHUNK} bytes`);
  return { size, signature: signature?.toLowerCase() ?? '' };
}

/** Reads lines and counted bytes from a stream, holding at most one of its buffers and a line. */
class ChunkReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async readHeader(): Promise<string> {
    const tooLong = storageErrors.tooLarge('chunk header', `${MAX_LINE} bytes`);
    return this.#readUntil('\r\n', MAX_LINE, tooLong, () =>
      this.#rest.length > 0 ? 'Incomplete chunk header' : 'Missing final chunk',
    );
  }

  async readLineEnd(): Promise<void> {
    while (this.#rest.length < 2) if (!(await this.#more())) break;
    if (this.#rest.toString('latin1', 0, 2) !== '\r\n')
      throw storageErrors.invalidRequest('Missing CRLF after chunk data');
    this.#rest = this.#rest.subarray(2);
  }

  async skipTrailers(): Promise<void> {
    const tooLong = storageErrors.tooLarge('trailer section', `${MAX_TRAILERS} bytes`);
    await this.#readUntil('\r\n\r\n', MAX_TRAILERS, tooLong, () => 'Incomplete trailer section');
  }

  async expectEnd(): Promise<void> {
    do {
      if (this.#rest.length > 0) throw storageErrors.invalidRequest('Unexpected data after final chunk');
    } while (await this.#more());
  }

  async *read(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      if (this.#rest.length === 0 && !(await this.#more()))
        throw storageErrors.invalidRequest('Unexpected end of chunk data');
      const data = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(data.length);
      left -= data.length;
      yield data;
    }
  }

  async #readUntil(mark: string, limit: number, tooLong: StorageError, atEnd: () => string): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(mark);
      if (end > limit || (end < 0 && this.#rest.length > limit + mark.length)) throw tooLong;
      if (end >= 0) {
        const text = this.#rest.toString('latin1', 0, end);
        this.#rest = this.#rest.subarray(end + mark.length);
        return text;
      }
      if (!(await this.#more())) throw storageErrors.invalidRequest(atEnd());
    }
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#source.next();
    if (done) return false;
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    return true;
  }
}

export function signatureMismatch(): StorageError {
  return new StorageError(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );
}
