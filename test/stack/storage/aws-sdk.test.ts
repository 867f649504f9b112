import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOCAL_KEYS } from '../../../plugin/stack/keys.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';
import { signToken } from './helpers/tokens.ts';

const Bucket = 'files';
let stack: StorageStack;
let s3: S3Client;

beforeAll(async () => {
  stack = await startStorageStack();
  s3 = client({ accessKeyId: LOCAL_KEYS.s3AccessKey, secretAccessKey: LOCAL_KEYS.s3SecretKey });
  await s3.send(new CreateBucketCommand({ Bucket }));
});

afterAll(async () => {
  s3.destroy();
  await stack.close();
});

test('PutObject, HeadObject, GetObject with ranges, CopyObject and DeleteObject work', async () => {
  const Key = 'dir/a file (1)+&.txt';
  const Metadata = { mood: 'good' };
  await s3.send(
    new PutObjectCommand({ Bucket, Key, Body: 'hello world', ContentType: 'text/plain', Metadata }),
  );
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(head).toMatchObject({ ContentLength: 11, ContentType: 'text/plain', Metadata });
  const part = await s3.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=6-' }));
  expect(await part.Body?.transformToString()).toBe('world');
  await s3.send(
    new CopyObjectCommand({
      Bucket,
      Key: 'copy',
      CopySource: encodeURI(`${Bucket}/dir/a file (1)+&.txt`).replace('+', '%2B').replace('&', '%26'),
    }),
  );
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))).ETag).toBe(head.ETag);
  await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  await expect(s3.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'NotFound' });
});

test('a stream of unknown hash is uploaded in aws-chunked encoding', async () => {
  const bytes = randomBytes(3_000_000);
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: 'stream',
      Body: Readable.from(split(bytes)),
      ContentLength: bytes.length,
    }),
  );
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'stream' }));
  expect(sha256((await Body?.transformToByteArray()) ?? [])).toBe(sha256(bytes));
});

test('a multipart upload is assembled from its parts by number', async () => {
  const Key = 'large.bin';
  const { UploadId } = await s3.send(
    new CreateMultipartUploadCommand({
      Bucket,
      Key,
      ContentType: 'application/x-large',
      Metadata: { a: 'b' },
    }),
  );
  const parts = [randomBytes(5 * 1024 * 1024), randomBytes(5 * 1024 * 1024), Buffer.from('tail')];
  const etags = await Promise.all(
    parts.map(async (Body, index) => {
      const { ETag } = await s3.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: index + 1, Body }),
      );
      return { ETag, PartNumber: index + 1 };
    }),
  );
  const listed = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
  expect(listed.Parts?.map((part) => part.ETag)).toEqual(etags.map((part) => part.ETag));
  const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(uploads.Uploads).toMatchObject([{ Key, UploadId }]);
  await expect(
    s3.send(new UploadPartCommand({ Bucket, Key: 'other', UploadId, PartNumber: 1, Body: 'x' })),
  ).rejects.toMatchObject({ name: 'NoSuchUpload' });
  await expect(
    s3.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: [{ ETag: 'wrong', PartNumber: 1 }] },
      }),
    ),
  ).rejects.toMatchObject({ name: 'InvalidChecksum' });
  await s3.send(
    new CompleteMultipartUploadCommand({
      Bucket,
      Key,
      UploadId,
      MultipartUpload: { Parts: etags.toReversed() },
    }),
  );
  const got = await s3.send(new GetObjectCommand({ Bucket, Key }));
  expect(got).toMatchObject({ ContentType: 'application/x-large', Metadata: { a: 'b' } });
  expect(sha256((await got.Body?.transformToByteArray()) ?? [])).toBe(sha256(Buffer.concat(parts)));

  const copy = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'part-copy' }));
  const part = { Bucket, Key: 'part-copy', UploadId: copy.UploadId };
  const copied = await s3.send(
    new UploadPartCopyCommand({
      ...part,
      PartNumber: 1,
      CopySource: `${Bucket}/${Key}`,
      CopySourceRange: 'bytes=0-5242879',
    }),
  );
  expect(copied.CopyPartResult?.ETag).toBe(etags[0]?.ETag);
  await s3.send(new AbortMultipartUploadCommand(part));
  expect(await readdir(join(stack.storageDir, 'uploads'))).toEqual([]);
});

test('paging through keys and common prefixes misses none', async () => {
  const keys = ['p/a', 'p/a/1', 'p/a/2', 'p/a!', 'p/b/1', 'p/c'];
  for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const found: (string | undefined)[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'p/', Delimiter: '/', MaxKeys: 1, ContinuationToken }),
    );
    found.push(...(page.Contents ?? []).map((object) => object.Key));
    found.push(...(page.CommonPrefixes ?? []).map((prefix) => prefix.Prefix));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  expect(found).toEqual(['p/a', 'p/a!', 'p/a/', 'p/b/', 'p/c']);
  const deleted = await s3.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
  );
  expect(deleted.Deleted).toHaveLength(keys.length);
});

test('unsupported sub-resources are refused and leave the object unchanged', async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'kept' }));
  await expect(
    s3.send(new PutObjectAclCommand({ Bucket, Key: 'kept', ACL: 'private' })),
  ).rejects.toMatchObject({ name: 'NotImplemented' });
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'kept' }));
  expect(await Body?.transformToString()).toBe('kept');
});

test('a session token acts as its user, under row level security', async () => {
  const { keys, database } = stack.services;
  const postgres = new pg.Client(database.connection('postgres'));
  await postgres.connect();
  await postgres.query(`create policy "files of users" on storage.objects for all to authenticated
    using (bucket_id = 'files' and name like 'user/%') with check (bucket_id = 'files' and name like 'user/%')`);
  await postgres.end();
  const sessionToken = signToken(keys.jwtSecret, { role: 'authenticated', sub: 'somebody' });
  const user = client({ accessKeyId: 'stub', secretAccessKey: keys.anonKey, sessionToken });
  await user.send(new PutObjectCommand({ Bucket, Key: 'user/mine', Body: 'mine' }));
  await expect(user.send(new PutObjectCommand({ Bucket, Key: 'other', Body: 'x' }))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  await expect(user.send(new GetObjectCommand({ Bucket, Key: 'kept' }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  });
  const { Contents } = await user.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents?.map((object) => object.Key)).toEqual(['user/mine']);
  user.destroy();
});

test('a wrong secret gets no access', async () => {
  const wrong = client({ accessKeyId: LOCAL_KEYS.s3AccessKey, secretAccessKey: 'wrong' });
  await expect(wrong.send(new ListBucketsCommand({}))).rejects.toMatchObject({
    name: 'SignatureDoesNotMatch',
  });
  const unknown = client({ accessKeyId: 'unknown', secretAccessKey: LOCAL_KEYS.s3SecretKey });
  await expect(unknown.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
    name: 'ResourceNotEmpty',
  });
  wrong.destroy();
  unknown.destroy();
});

function client(credentials: {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}): S3Client {
  return new S3Client({
    endpoint: `${stack.url}/s3`,
    region: 'local',
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  });
}

function* split(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
}

function sha256(bytes: Uint8Array | number[]): string {
  return createHash('sha256').update(Buffer.from(bytes)).digest('hex');
}
