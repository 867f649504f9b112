import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeChunkedBody } from '../../../plugin/stack/storage/s3/chunked-body.ts';
import { isSignatureValid, readSignature, signChunk } from '../../../plugin/stack/storage/s3/signature.ts';

// The example of Amazon's documentation "Signature Calculations for the Authorization Header: Transferring Payload
// in Multiple Chunks": 66,560 letters a in chunks of 65,536, 1,024 and 0.
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const HEADERS = {
  host: 's3.amazonaws.com',
  'x-amz-date': '20130524T000000Z',
  'x-amz-storage-class': 'REDUCED_REDUNDANCY',
  'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'content-encoding': 'aws-chunked',
  'x-amz-decoded-content-length': '66560',
  'content-length': '66824',
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
    'SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class, ' +
    'Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
};
const SIGNATURES = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
];
const client = readSignature(HEADERS, new URLSearchParams());
const PIECES = ['a'.repeat(65_536), 'a'.repeat(1024), ''];

test("Amazon's example of a chunked signed request is accepted", async () => {
  const request = {
    method: 'PUT',
    path: '/examplebucket/chunkObject.txt',
    query: new URLSearchParams(),
    headers: HEADERS,
  };
  expect(isSignatureValid(client, { ...request, host: HEADERS.host }, SECRET)).toBe(true);
  expect(isSignatureValid(client, { ...request, host: 'elsewhere' }, SECRET)).toBe(false);
  expect(isSignatureValid(client, { ...request, host: HEADERS.host }, 'wrong')).toBe(false);
  expect(await decode(encode(PIECES, SIGNATURES))).toBe('a'.repeat(66_560));
});

test('a changed, missing or moved chunk is detected', async () => {
  const mismatch = { code: 'SignatureDoesNotMatch' };
  const changed = encode(['b'.repeat(65_536), PIECES[1] ?? '', ''], SIGNATURES);
  await expect(decode(changed)).rejects.toMatchObject(mismatch);
  const shortened = encode([PIECES[0] ?? '', ''], [SIGNATURES[0] ?? '', SIGNATURES[2] ?? '']);
  await expect(decode(shortened)).rejects.toMatchObject(mismatch);
});

test('decoding does not depend on how the bytes arrive', async () => {
  const body = '3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n';
  for (const size of [1, 2, 5, 1000])
    expect(await decode(Buffer.from(body), 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', size)).toBe('abcde');
});

test.each([
  ['', 'Missing final chunk'],
  ['3', 'Incomplete chunk header'],
  ['3\r\nab', 'Unexpected end of chunk data'],
  ['zz\r\nab\r\n', 'Invalid chunk size'],
  ['-1\r\n', 'Invalid chunk size'],
  ['3;chunk-signature=12\r\nabc\r\n', 'Invalid chunk header'],
  ['3\r\nabcd\r\n0\r\n\r\n', 'Missing CRLF after chunk data'],
  ['3\r\nabc\r\n', 'Missing final chunk'],
  ['3\r\nabc\r\n0\r\n', 'Incomplete trailer section'],
  ['3\r\nabc\r\n0\r\n\r\n', 'Incomplete trailer section'],
  ['3\r\nabc\r\n0\r\na:b\r\n\r\nmore', 'Unexpected data after final chunk'],
])('a malformed body is refused: %j', async (body, message) => {
  for (const size of [1, 1000]) {
    const decoded = decode(Buffer.from(body), 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', size);
    await expect(decoded).rejects.toMatchObject({ code: 'InvalidRequest', message });
  }
});

test.each([
  [`${'0'.repeat(300)}\r\n`, 'The chunk header exceeded 256 bytes'],
  ['0'.repeat(300), 'The chunk header exceeded 256 bytes'],
  ['800001\r\n', 'The chunk exceeded 8388608 bytes'],
  [`${'f'.repeat(200)}\r\n`, 'The chunk exceeded 8388608 bytes'],
  [`0\r\n${'x:y\r\n'.repeat(10_000)}`, 'The trailer section exceeded 16384 bytes'],
])('a chunk that would need much memory is refused: %#', async (body, message) => {
  const decoded = decode(Buffer.from(body), 'STREAMING-UNSIGNED-PAYLOAD-TRAILER');
  await expect(decoded).rejects.toMatchObject({ code: 'EntityTooLarge', message });
});

test('a signed body requires signatures and its trailers', async () => {
  const unsigned = Buffer.from('3\r\nabc\r\n0\r\n\r\n');
  await expect(decode(unsigned)).rejects.toMatchObject({
    code: 'InvalidSignature',
    message: 'Missing chunk signature',
  });
  const trailed = Buffer.from(encode(PIECES, SIGNATURES).toString().replace(/\r\n$/, 'a:b\r\n\r\n'));
  expect(await decode(trailed, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER')).toBe('a'.repeat(66_560));
});

test('an unknown encoding is refused', async () => {
  const decoded = decode(Buffer.from(''), 'STREAMING-UNSIGNED-PAYLOAD');
  await expect(decoded).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: 'Invalid streaming algorithm: STREAMING-UNSIGNED-PAYLOAD',
  });
});

function encode(pieces: readonly string[], signatures: readonly string[]): Buffer {
  const text = pieces.map(
    (piece, index) =>
      `${piece.length.toString(16)};chunk-signature=${signatures[index]}\r\n${piece}${piece && '\r\n'}`,
  );
  return Buffer.from(`${text.join('')}\r\n`);
}

async function decode(
  body: Buffer,
  contentHash = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  size = 10_000,
): Promise<string> {
  async function* arrive(): AsyncGenerator<Buffer> {
    for (let start = 0; start < body.length; start += size) yield body.subarray(start, start + size);
  }
  const sign = (previous: string, hash: string): string => signChunk(client, SECRET, previous, hash);
  const hash = createHash('sha256');
  let text = '';
  for await (const data of decodeChunkedBody(arrive(), contentHash, sign, client.signature)) {
    hash.update(data);
    text += data.toString();
  }
  return text;
}
