import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { compareRecording, readRecordings, Replayer, type Recording } from './helpers/replay.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

// Signatures cover the upload's id, which is another one in each run; the SDK's test uploads in parts.
const OTHER_UPLOAD = 'the recorded signature is for another upload';

// Answers of the real server, recorded in this order. What the stack answers otherwise is named here, with why.
const DEVIATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  auth: {},
  buckets: { 'create: type ANALYTICS': 'analytics buckets are not served' },
  health: { documentation: 'no OpenAPI document is served' },
  upload: {
    'x-metadata too big': 'the recording holds only a part of the header',
    'x-metadata over 1MB? (16k)': 'the recording holds only a part of the header',
    'too large chunked': 'the real server forgets the limit without a content-length',
    'key dotdot': 'the real message shows paths of its disk',
    'key dotdot2': 'the real message shows paths of its disk',
    'key dot': 'the real message shows paths of its disk',
    'key long': 'the real server cannot store such a name',
    'key long1025': 'the real server cannot store such a name',
    'key long255seg': 'the real server cannot store such a name',
  },
  buckets2: {},
  download: {
    'row without file HEAD': 'a header without a value is not sent',
    'row without file info': 'a header without a value is not sent',
  },
  list: {
    'list sort name desc': 'the real server loses a folder here',
    'list-v2 delimiter desc page 1': 'the real server loses a folder here',
    'list-v2 delimiter desc page 2': 'the real server loses a folder here',
    'list-v2 delimiter desc page 3': 'the real server loses a folder here',
  },
  movecopydelete: {},
  sign: { 'use really expired': 'the recorder waited until the token expired' },
  render: {},
  rls: {},
  tus: {},
  owners: {},
  s3: {
    ListBuckets: 'the recording holds only the beginning',
    'UploadPart 2': OTHER_UPLOAD,
    'UploadPart number 10001': OTHER_UPLOAD,
    ListParts: OTHER_UPLOAD,
    'CompleteMultipartUpload wrong etag': OTHER_UPLOAD,
    CompleteMultipartUpload: OTHER_UPLOAD,
    'HeadObject multipart': OTHER_UPLOAD,
    'CompleteMultipartUpload again': OTHER_UPLOAD,
    'info multipart over REST': OTHER_UPLOAD,
    UploadPartCopy: OTHER_UPLOAD,
    AbortMultipartUpload: OTHER_UPLOAD,
    'AbortMultipartUpload again': OTHER_UPLOAD,
    'presigned POST too large': 'the real server forgets the sizes of the policy',
    'other region': 'the recording holds only the beginning',
    'clock skew 2h': 'the recording holds only the beginning',
    PutObjectAcl: 'the real server overwrites the object with nothing',
  },
  big: {
    'raw chunked 11 bytes into 10-byte bucket': 'the real server forgets the limit without a content-length',
    'its info': 'the real server forgets the limit without a content-length',
    'x-metadata 12k': 'the recording holds only a part of the header',
  },
};

// What the recorder did over SQL before a request.
const SQL_BEFORE: Readonly<Record<string, string>> = {
  'row without file (public)': `insert into storage.objects (bucket_id, name, metadata)
    values ('dpub', 'ghost.txt', jsonb_build_object('size', 5, 'mimetype', 'text/plain'))`,
  'upload with settings probe': `create policy probe on storage.objects for all to authenticated
    using (bucket_id = 'rd')`,
  'user1 upload-sign': `create policy ow on storage.objects for all to authenticated using (bucket_id = 'ow')`,
};

let stack: StorageStack;
let postgres: pg.Client;
let replayer: Replayer;

beforeAll(async () => {
  stack = await startStorageStack();
  replayer = new Replayer(stack.url);
  postgres = new pg.Client(stack.services.database.connection('postgres'));
  await postgres.connect();
});

afterAll(async () => {
  await postgres.end();
  await stack.close();
});

test.each(Object.keys(DEVIATIONS))('answers as recorded: %s', async (file) => {
  // Presigned requests end: they are sent when they were recorded.
  if (file === 's3') vi.setSystemTime('2026-11-22T15:41:37Z');
  onTestFinished(() => void vi.useRealTimers());
  const recordings = readRecordings(file);
  const known = DEVIATIONS[file] ?? {};
  const deviating: string[] = [];
  const expected: unknown[] = [];
  const actual: unknown[] = [];
  for (const recording of recordings) {
    const difference = await replay(recording);
    if (difference === undefined) continue;
    if (recording.name in known) deviating.push(recording.name);
    else {
      expected.push({ name: recording.name, answer: difference.expected });
      actual.push({ name: recording.name, answer: difference.actual });
    }
  }
  expect(actual).toEqual(expected);
  expect(deviating).toEqual(Object.keys(known));
});

async function replay(recording: Recording): Promise<{ expected: unknown; actual: unknown } | undefined> {
  const sql = recording.sql ?? SQL_BEFORE[recording.name];
  if (sql !== undefined) await postgres.query(sql);
  if (!recording.request) return undefined;
  let answer;
  try {
    answer = await replayer.send(recording);
  } catch (error) {
    return { expected: recording.response, actual: String(error) };
  }
  if (!answer) return undefined;
  const { expected, actual } = compareRecording(recording, answer);
  return JSON.stringify(expected) === JSON.stringify(actual) || isEqual(expected, actual)
    ? undefined
    : { expected, actual };
}

function isEqual(expected: unknown, actual: unknown): boolean {
  try {
    expect(actual).toEqual(expected);
    return true;
  } catch {
    return false;
  }
}
