import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeChunkedBody } from '../../../plugin/stack/storage/s3/chunked-body.ts';
import { isSignatureGood, readSignature, signChunk } from '../../../plugin/stack/storage/s3/signature.ts';

// The example of Amazon's documentation "Signature Calculations for the Authorization Header: Transferring Payload
// in Multiple Chunks": 66,560 letters a in pieces of 65,536, 1,024 and 0.
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

test("Amazon's example of a signed request in pieces is accepted", async () => {
  const request = {
    method: 'PUT',
    path: '/examplebucket/chunkObject.txt',
    query: new URLSearchParams(),
    headers: HEADERS,
  };
  expect(isSignatureGood(client, { ...request, host: HEADERS.host }, SECRET)).toBe(true);
  expect(isSignatureGood(client, { ...request, host: 'elsewhere' }, SECRET)).toBe(false);
  expect(isSignatureGood(client, { ...request, host: HEADERS.host }, 'wrong')).toBe(false);
  expect(await decode(encode(PIECES, SIGNATURES))).toBe('a'.repeat(66_560));
});

test('a piece that was changed, left out or moved is noticed', async () => {
  const mismatch = { code: 'SignatureDoesNotMatch' };
  const changed = encode(['b'.repeat(65_536), PIECES[1] ?? '', ''], SIGNATURES);
  await expect(decode(changed)).rejects.toMatchObject(mismatch);
  const shortened = encode([PIECES[0] ?? '', ''], [SIGNATURES[0] ?? '', SIGNATURES[2] ?? '']);
  await expect(decode(shortened)).rejects.toMatchObject(mismatch);
});

test('however the bytes arrive, the pieces come out', async () => {
  const body = '3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n';
  for (const size of [1, 2, 5, 1000])
    expect(await decode(Buffer.from(body), 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', size)).toBe('abcde');
});

test.each(['', '3\r\nab', 'zz\r\nab\r\n', '3\r\nabcd\r\n0\r\n\r\n', '-1\r\n', '3\r\nabc\r\n'])(
  'a malformed body is refused: %j',
  async (body) => {
    const decoded = decode(Buffer.from(body), 'STREAMING-UNSIGNED-PAYLOAD-TRAILER');
    await expect(decoded).rejects.toMatchObject({ code: 'InvalidRequest' });
  },
);

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
