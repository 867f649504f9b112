import { createHash, createHmac } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectTaggingCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
  type ChecksumAlgorithm,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { resign } from './helpers/resign.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';
import { signToken } from './helpers/tokens.ts';

const Bucket = 'wire';
let stack: StorageStack;
let s3: S3Client;

beforeAll(async () => {
  stack = await startStorageStack();
  s3 = client();
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: '0123456789', ContentType: 'text/a' }));
});

afterAll(async () => {
  s3.destroy();
  await stack.close();
});

test.each<ChecksumAlgorithm>(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'])(
  'a %s checksum of the body is accepted, and not returned',
  async (ChecksumAlgorithm) => {
    const Key = `sum-${ChecksumAlgorithm}`;
    const put = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ChecksumAlgorithm }));
    expect(put.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
    const { Body, ...got } = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    expect(await Body?.transformToString()).toBe('hello');
    for (const answer of [put, got])
      expect(Object.keys(answer).filter((name) => name.startsWith('Checksum'))).toEqual([]);
  },
);

test('Storage verifies no checksum: a wrong one is accepted', async () => {
  const headers = { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==', 'x-amz-checksum-crc32': 'AAAAAA==' };
  expect(await send('PUT', '/wrong-sum', headers, 'hello')).toMatchObject({ status: 200 });
});

test.each([
  ['5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', 200, ''],
  ['5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 200, ''],
  ['5\r\nhello\r\n0\r\n\r\n', 400, 'Incomplete trailer section'],
  ['5\r\nhello\r\n', 400, 'Missing final chunk'],
  ['6\r\nhello\r\n0\r\na:b\r\n\r\n', 400, 'Missing CRLF after chunk data'],
  ['fffffffffffffffffff\r\nhello', 413, 'The chunk exceeded 8388608 bytes'],
])('chunks %j are answered with %i', async (body, status, message) => {
  const answer = await send('PUT', '/pieces', streaming('STREAMING-UNSIGNED-PAYLOAD-TRAILER'), body);
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(message);
  if (status === 200) return;
  const Key = 'pieces-none';
  const refused = await send('PUT', `/${Key}`, streaming('STREAMING-UNSIGNED-PAYLOAD-TRAILER'), body);
  expect(refused.status).toBe(status);
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'NotFound' });
});

test('unsigned chunks of a body announced as signed are refused', async () => {
  const body = '5\r\nhello\r\n0\r\n\r\n';
  for (const encoding of ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'])
    expect(await send('PUT', '/unsigned', streaming(encoding), body)).toMatchObject({ status: 400 });
  const forged = body.replaceAll(/^(5|0)\r/gm, `$1;chunk-signature=${'0'.repeat(64)}\r`);
  const answer = await send('PUT', '/unsigned', streaming('STREAMING-AWS4-HMAC-SHA256-PAYLOAD'), forged);
  expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('SignatureDoesNotMatch')]);
});

test.each(['bytes=-5', 'bytes=3-', 'bytes=5-10', 'bytes=5-4', 'bytes=0-99999999999999999999', 'x'])(
  'copying range %s of ten bytes into a part is refused',
  async (CopySourceRange) => {
    const Key = 'copied';
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const target = { Bucket, Key, UploadId, PartNumber: 1, CopySource: `${Bucket}/source` };
    const copy = s3.send(new UploadPartCopyCommand({ ...target, CopySourceRange }));
    await expect(copy).rejects.toMatchObject({ name: 'InvalidRange', $metadata: { httpStatusCode: 400 } });
    await s3.send(new UploadPartCopyCommand({ ...target, CopySourceRange: 'bytes=2-9' }));
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  },
);

test('uploads are listed by page, and each folder once', async () => {
  const keys = ['p/a', 'p/b', 'p/dir/1', 'p/dir/2', 'p/z'];
  for (const Key of keys) await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'p/a' }));
  const listAll = async (withIds: boolean, Delimiter?: string): Promise<(string | undefined)[]> => {
    const names: (string | undefined)[] = [];
    let markers = {};
    for (let page = 0; page < 10; page += 1) {
      const answer = await s3.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: 'p/', Delimiter, MaxUploads: 1, ...markers }),
      );
      names.push(...(answer.Uploads ?? []).map(({ Key }) => Key));
      names.push(...(answer.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
      if (answer.IsTruncated !== true) break;
      markers = {
        KeyMarker: answer.NextKeyMarker,
        ...(withIds ? { UploadIdMarker: answer.NextUploadIdMarker } : {}),
      };
    }
    return names;
  };
  expect(await listAll(true)).toEqual(['p/a', 'p/a', 'p/b', 'p/dir/1', 'p/dir/2', 'p/z']);
  expect(await listAll(false)).toEqual(keys);
  expect(await listAll(true, '/')).toEqual(['p/a', 'p/a', 'p/b', 'p/dir/', 'p/z']);
  const after = await s3.send(
    new ListMultipartUploadsCommand({ Bucket, Prefix: 'p/', KeyMarker: 'p/dir/1' }),
  );
  expect(after.Uploads?.map(({ Key }) => Key)).toEqual(['p/dir/2', 'p/z']);
});

test('of a part sent twice concurrently, ETag and bytes are from the same request', async () => {
  const Key = 'twice';
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const bodies = ['a', 'b', 'c', 'd'].map((letter, index) => letter.repeat(200_000 + index));
  const parts = bodies.map((Body) =>
    s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body })),
  );
  await Promise.all(parts);
  const { Parts = [] } = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
  expect(Parts).toHaveLength(1);
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: Parts[0]?.ETag }] };
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const stored = (await Body?.transformToString()) ?? '';
  expect(createHash('md5').update(stored).digest('hex')).toBe(Parts[0]?.ETag);
  expect(
    (await readdir(join(stack.storageDir, 'uploads'))).filter((name) => name.includes(`${UploadId}`)),
  ).toEqual([]);
});

test('a part that arrives after its upload was aborted is refused, and leaves no file', async () => {
  const Key = 'late';
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  let giveUp: () => void = () => {};
  const given = new Promise<void>((resolve) => (giveUp = resolve));
  const body = Readable.from(
    (async function* () {
      yield Buffer.from('a');
      await given;
      yield Buffer.from('b');
    })(),
  );
  const part = s3.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: body, ContentLength: 2 }),
  );
  const uploads = join(stack.storageDir, 'uploads');
  await expect
    .poll(async () => (await readdir(uploads)).some((name) => name.includes(`${UploadId}`)))
    .toBe(true);
  await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  giveUp();
  await expect(part).rejects.toMatchObject({ name: 'NoSuchUpload' });
  expect((await readdir(uploads)).filter((name) => name.includes(`${UploadId}`))).toEqual([]);
});

test('invalid requests get the error messages of Storage', async () => {
  const Key = 'told';
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const upload = { Bucket, Key, UploadId };
  await expect(s3.send(new ListPartsCommand({ ...upload, MaxParts: 0 }))).rejects.toThrow(
    'Querystring, max-parts must be >= 1',
  );
  const listing = new ListObjectsV2Command({ Bucket, EncodingType: 'base64' as 'url' });
  await expect(s3.send(listing)).rejects.toThrow('encoding-type must be equal to one of the allowed values');
  const parts = (PartNumber: number): CompleteMultipartUploadCommand =>
    new CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts: [{ ETag: 'x', PartNumber }] },
    });
  await expect(s3.send(parts(0))).rejects.toThrow(
    'Body, CompleteMultipartUpload, Part, 0, PartNumber must be >= 1',
  );
  await expect(s3.send(parts(7))).rejects.toMatchObject({ name: 'MissingPart' });
  const noLength = await send('PUT', `/${Key}?partNumber=1&uploadId=${UploadId}`, {
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    'transfer-encoding': 'chunked',
  });
  expect([noLength.status, noLength.body]).toEqual([400, expect.stringContaining('MissingContentLength')]);
  const announced = streaming('STREAMING-UNSIGNED-PAYLOAD-TRAILER', '3');
  const more = '5\r\nhello\r\n0\r\na:b\r\n\r\n';
  const tooMuch = await send('PUT', `/${Key}?partNumber=1&uploadId=${UploadId}`, announced, more);
  expect([tooMuch.status, tooMuch.body]).toEqual([413, expect.stringContaining('EntityTooLarge')]);
});

test.each([
  ['<Delete><Object><Key>source</Key></Object></Delete', 400, 'MalformedXML'],
  [
    '<!DOCTYPE d [<!ENTITY a "source">]><Delete><Object><Key>&a;</Key></Object></Delete>',
    400,
    'MalformedXML',
  ],
  ['<Delete></Delete>', 400, 'Body, Delete must be object'],
  ['<Delete><Object></Object></Delete>', 400, 'Body, Delete, Object, 0 must be object'],
  ['', 400, 'Body must be object'],
  [`<Delete>${' '.repeat(1024 * 1024)}</Delete>`, 413, 'Request body is too large'],
])('a malformed list of keys to delete is refused: %#', async (body, status, message) => {
  const answer = await send('POST', '?delete=', { 'content-type': 'application/xml' }, body);
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(message);
  await s3.send(new HeadObjectCommand({ Bucket, Key: 'source' }));
});

test('many keys are deleted in one request, and each is reported', async () => {
  const keys = Array.from({ length: 5000 }, (_, index) => `<Object><Key>none-${index}</Key></Object>`);
  const body = `<Delete>${keys.join('')}</Delete>`;
  const answer = await send('POST', '?delete=', { 'content-type': 'application/xml' }, body);
  expect([answer.status, answer.body.match(/<Deleted>/g)?.length]).toEqual([200, 5000]);
});

test('GetObjectTagging works; setting or deleting tags leaves the object unchanged', async () => {
  const Key = 'source';
  expect((await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet ?? []).toEqual([]);
  const Tagging = { TagSet: [{ Key: 'a', Value: 'b' }] };
  const rejected = { name: 'NotImplemented', $metadata: { httpStatusCode: 501 } };
  await expect(s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging }))).rejects.toMatchObject(
    rejected,
  );
  await expect(s3.send(new DeleteObjectTaggingCommand({ Bucket, Key }))).rejects.toMatchObject(rejected);
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentLength).toBe(10);
});

test('a response has the requested headers, except values that no header can carry', async () => {
  const query = 'response-content-type=text%2Fb&response-expires=2030-01-01&response-cache-control=a%0Ab';
  const answer = await send('GET', `/source?${query}`);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/b',
    expires: 'Tue, 01 Jan 2030 00:00:00 GMT',
    'cache-control': 'no-cache',
  });
  expect((await send('GET', '/source?response-expires=never')).body).toContain('InvalidParameter');
});

test('metadata that no header can carry is counted, and a copy may omit the type', async () => {
  const Metadata = { long: 'a'.repeat(9000), short: 'b' };
  await s3.send(new PutObjectCommand({ Bucket, Key: 'meta', Body: 'x', Metadata }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'meta' }));
  expect([head.Metadata, head.MissingMeta]).toEqual([{ short: 'b' }, 1]);
  const replace = { MetadataDirective: 'REPLACE', CacheControl: 'max-age=9' } as const;
  await s3.send(
    new CopyObjectCommand({ Bucket, Key: 'untyped', CopySource: `${Bucket}/source`, ...replace }),
  );
  const { ContentType, CacheControl } = await s3.send(new GetObjectCommand({ Bucket, Key: 'untyped' }));
  expect([ContentType, CacheControl]).toEqual(['application/octet-stream', 'max-age=9']);
});

test('a user sees only the buckets that the policies allow', async () => {
  const token = signToken(stack.services.keys.jwtSecret, { role: 'authenticated', sub: 'somebody' });
  const user = client({
    accessKeyId: 'stub',
    secretAccessKey: stack.services.keys.anonKey,
    sessionToken: token,
  });
  await expect(user.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NotFound' });
  const location = new GetBucketLocationCommand({ Bucket });
  await expect(user.send(location)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  user.destroy();
});

test.each([
  ['us-east-1', true],
  ['auto', true],
  ['local', true],
  ['eu-west-1', false],
])('a signature for the region %s is valid: %s', async (region, isValid) => {
  const other = client(undefined, region);
  const answered = other.send(new HeadBucketCommand({ Bucket })).then(
    () => true,
    () => false,
  );
  expect(await answered).toBe(isValid);
  other.destroy();
});

test.each([
  [5, 200, ''],
  [4, 400, 'EntityTooSmall'],
  [11, 413, 'EntityTooLarge'],
])(
  'a signed form with many fields and a file of %i bytes is answered with %i',
  async (size, status, code) => {
    const Key = `form-${size}`;
    const meta = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`x-amz-meta-m${index}`, 'v']));
    const { fields, url } = signForm({ key: Key, 'content-type': 'text/plain', ...meta }, [5, 10]);
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob(['x'.repeat(size)]), 'file.txt');
    const answer = await fetch(url, { method: 'POST', body: form });
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(code)]);
    const stored = await s3.send(new HeadObjectCommand({ Bucket, Key })).then(
      ({ ContentLength, Metadata }) => [ContentLength, Metadata?.m9],
      (error: Error) => error.name,
    );
    expect(stored).toEqual(status === 200 ? [5, 'v'] : 'NotFound');
  },
);

test('a form whose policy does not allow a field is refused', async () => {
  const { fields, url } = signForm({ key: 'allowed' }, [0, 10]);
  for (const changed of [{ key: 'other' }, { 'content-type': 'text/html' }, { Policy: 'e30=' }]) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...fields, ...changed })) form.append(name, value);
    form.append('file', new Blob(['x']), 'file.txt');
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(403);
  }
});

test('a request that is not an operation gets 404', async () => {
  expect(await send('POST', '/source')).toMatchObject({ status: 404, body: '' });
});

function client(
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = {
    accessKeyId: LOCAL_KEYS.s3AccessKey,
    secretAccessKey: LOCAL_KEYS.s3SecretKey,
  },
  region = 'local',
): S3Client {
  return new S3Client({
    endpoint: `${stack.url}/s3`,
    region,
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  });
}

/** The form fields of an SDK's presigned POST. */
function signForm(
  fields: Readonly<Record<string, string>>,
  sizes: readonly [number, number],
): { url: string; fields: Record<string, string> } {
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/local/s3/aws4_request`;
  const signed = {
    ...fields,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${LOCAL_KEYS.s3AccessKey}/${scope}`,
    'X-Amz-Date': date,
  };
  const conditions = [
    { bucket: Bucket },
    ['content-length-range', ...sizes],
    ...Object.entries(signed).map(([name, value]) => ({ [name]: value })),
  ];
  const expiration = new Date(Date.now() + 60_000).toISOString();
  const Policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64');
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${LOCAL_KEYS.s3SecretKey}`);
  const signature = hmac(key, Policy).toString('hex');
  return {
    url: `${stack.url}/s3/${Bucket}`,
    fields: { ...signed, bucket: Bucket, Policy, 'X-Amz-Signature': signature },
  };
}

function streaming(encoding: string, decodedLength = '5'): Record<string, string> {
  return {
    'x-amz-content-sha256': encoding,
    'x-amz-decoded-content-length': decodedLength,
    'x-amz-trailer': 'x-amz-checksum-crc32',
    'content-encoding': 'aws-chunked',
  };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Sends a signed request with this body; the path is relative to the bucket. */
function send(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  const { host, hostname, port, pathname } = new URL(stack.url);
  const date = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const target = `${pathname}/s3/${Bucket}${path}`;
  const credential = `${LOCAL_KEYS.s3AccessKey}/${date.slice(0, 8)}/local/s3/aws4_request`;
  const signed: Record<string, string> = {
    'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    ...headers,
    host,
    'x-amz-date': date,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=0`,
  };
  signed.authorization = resign(method, target, signed);
  if (headers['transfer-encoding'] === undefined) signed['content-length'] = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, method, path: target, headers: signed, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, body: text }));
    });
    req.on('error', reject);
    req.end(body);
  });
}
