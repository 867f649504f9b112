import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { RecordedSteps, type Difference } from './helpers/recorded-steps.ts';
import { readRecordings, type Recording } from './helpers/recording.ts';
import { compareRecording, Replayer } from './helpers/replay.ts';
import { startStorageStack, type StorageStack } from './helpers/storage-stack.ts';

const LOST_FOLDER = 'the real server loses a folder here';
const NO_LENGTH = 'the real server forgets the limit without a content-length';
const OWN_KEY = 'the JWT secret signs no URLs here';
const LONG_NAME = 'the real server cannot store such a name';

// Recorded responses of the real server, in order. Each deviation of the stack is listed with its reason.
const DEVIATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  health: { documentation: 'no OpenAPI document is served' },
  auth: {},
  buckets: {},
  upload: {
    'too large chunked': NO_LENGTH,
    'key long': LONG_NAME,
    'key long1025': LONG_NAME,
    'key long255seg': LONG_NAME,
  },
  buckets2: {},
  download: {},
  list: {
    'list sort name desc': LOST_FOLDER,
    'list-v2 delimiter desc page 1': LOST_FOLDER,
    'list-v2 delimiter desc page 2': LOST_FOLDER,
    'list-v2 delimiter desc page 3': LOST_FOLDER,
  },
  movecopydelete: {},
  sign: {
    'use expired': OWN_KEY,
    'use no exp, no scope claim': OWN_KEY,
    'use service key as token': OWN_KEY,
    'use token url of upload kind': OWN_KEY,
    'upload-use expired': OWN_KEY,
    'upload-use hand-made token without scope': OWN_KEY,
  },
  render: {},
  rls: {},
  tus: {},
  big: { 'raw chunked 11 bytes into 10-byte bucket': NO_LENGTH, 'its info': NO_LENGTH },
  s3: {
    'presigned POST too large': 'the real server forgets the sizes of the policy',
    PutObjectAcl: 'the real server overwrites the object with nothing',
  },
  settings: {},
  edge: {},
  owners: {},
  extra: { 'race 1': 'the real server lets both of two first uploads win' },
  tuslock: {},
};

// SQL that the recorder ran before a request.
const SQL_BEFORE: Readonly<Record<string, string>> = {
  'row without file (public)': `insert into storage.objects (bucket_id, name, metadata)
    values ('dpub', 'ghost.txt', jsonb_build_object('size', 5, 'mimetype', 'text/plain'))`,
  'upload with settings probe': `create policy probe on storage.objects for all to authenticated
    using (bucket_id = 'rd')`,
  'bucket inserted over SQL': `insert into storage.buckets (id, name) values ('rawsql', 'rawsql')`,
  'user1 upload-sign': `create policy ow on storage.objects for all to authenticated using (bucket_id = 'ow')`,
};

let stack: StorageStack;
let postgres: pg.Client;
let admin: pg.Client;
let replayer: Replayer;
let steps: RecordedSteps;

beforeAll(async () => {
  stack = await startStorageStack();
  replayer = new Replayer(stack.url);
  postgres = new pg.Client(stack.services.database.connection('postgres'));
  await postgres.connect();
  admin = new pg.Client(stack.services.database.connection('supabase_admin'));
  await admin.connect();
  steps = new RecordedSteps(admin, stack);
});

afterAll(async () => {
  await Promise.all([postgres.end(), admin.end()]);
  await stack.close();
});

test.each(Object.keys(DEVIATIONS))('answers as recorded: %s', async (file) => {
  // Presigned requests expire: the clock is set to the time of the recording.
  if (file === 's3') vi.setSystemTime('2026-11-22T15:41:37Z');
  onTestFinished(() => void vi.useRealTimers());
  const known = DEVIATIONS[file] ?? {};
  const deviating: string[] = [];
  const expected: unknown[] = [];
  const actual: unknown[] = [];
  for (const recording of readRecordings(file).toSorted(raceInOrder)) {
    const difference = await replay(file, recording);
    if (isDeepStrictEqual(difference?.actual, difference?.expected)) continue;
    if (recording.name in known) deviating.push(recording.name);
    else {
      expected.push({ name: recording.name, answer: difference?.expected });
      actual.push({ name: recording.name, answer: difference?.actual });
    }
  }
  expect(actual).toEqual(expected);
  expect(deviating).toEqual(Object.keys(known));
});

async function replay(file: string, recording: Recording): Promise<Difference | undefined> {
  const sql = recording.sql ?? SQL_BEFORE[recording.name];
  if (sql !== undefined) await postgres.query(sql);
  await steps.before(file, recording, replayer);
  if (!recording.request) return steps.compare(recording);
  if (recording.name === 'use really expired') vi.setSystemTime(Date.now() + 2000);
  try {
    return compareRecording(recording, await replayer.send(recording));
  } catch (error) {
    return { expected: recording.response, actual: String(error) };
  } finally {
    if (file !== 's3') vi.useRealTimers();
  }
}

/** The two requests of a race were concurrent, and the second one's content remained, so it is sent first here. */
function raceInOrder(a: Recording, b: Recording): number {
  const isSwapped = (first: Recording, second: Recording): boolean =>
    first.name === 'race 1' && second.name === 'race 2';
  return Number(isSwapped(a, b)) - Number(isSwapped(b, a));
}
