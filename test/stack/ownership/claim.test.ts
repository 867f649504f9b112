import { cp, mkdir, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join as joinPath } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Ownership } from '../../../plugin/stack/ownership/candidate.ts';
import { claimDataDir, type Membership } from '../../../plugin/stack/ownership/claim.ts';
import type { StackRecord } from '../../../plugin/stack/ownership/record.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';

const record: StackRecord = {
  pid: 1,
  url: 'http://127.0.0.1:1',
  dbUrl: 'postgresql://x',
  publishableKey: 'p',
  secretKey: 's',
  anonKey: 'a',
  serviceRoleKey: 'r',
  s3AccessKey: 'x',
  s3SecretKey: 'x',
  jwtSecret: 'j',
  jwks: [],
  gatewaySecret: 'x',
};

async function own(path: string): Promise<Ownership> {
  const claim = await claimDataDir(path);
  if (claim.kind !== 'owner') throw new Error('expected to become the owner');
  return claim;
}

async function join(path: string): Promise<Membership> {
  const claim = await claimDataDir(path);
  if (claim.kind !== 'member') throw new Error('expected to join');
  return claim;
}

let root = '';
let path = '';
beforeEach(async () => {
  const project = await makeProject();
  root = project.root;
  path = joinPath(root, '.supabase');
  onTestEnd(() => project.remove());
});

test('the second claim joins the first, also if it comes before the stack has started', async () => {
  const owner = await own(path);
  const early = join(path);
  owner.announce(record);
  expect((await early).record).toEqual(record);
  const late = await join(path);
  expect(late.record).toEqual(record);
  await owner.release();
  await late.ended;
});

test('a waiting claim becomes the owner if the first one is released before its stack has started', async () => {
  const owner = await own(path);
  const waiting = own(path);
  await owner.release();
  const heir = await waiting;
  expect(heir.kind).toBe('owner');
  await heir.release();
});

test('of many at once, one owns and the others join', async () => {
  const claims = Array.from({ length: 10 }, async () => {
    const claim = await claimDataDir(path);
    if (claim.kind === 'owner') claim.announce(record);
    return claim;
  });
  const kinds = (await Promise.all(claims)).map((claim) => claim.kind).toSorted();
  expect(kinds).toEqual([...Array<string>(9).fill('member'), 'owner']);
  for (const claim of await Promise.all(claims)) {
    if (claim.kind === 'owner') await claim.release();
  }
});

describe('one owner, whatever path leads to the data directory', () => {
  /** The process id that a second claim reads from the first one's record. */
  async function joinedPid(first: string, second: string): Promise<number> {
    const owner = await own(first);
    onTestEnd(() => owner.release());
    owner.announce(record);
    const member = await join(second);
    member.leave();
    return member.record.pid;
  }

  async function joinedRecord(dir: string): Promise<StackRecord> {
    const member = await join(dir);
    member.leave();
    return member.record;
  }

  function setTmpdir(value: string): void {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = value;
    onTestEnd(() => (TMPDIR === undefined ? delete process.env.TMPDIR : (process.env.TMPDIR = TMPDIR)));
  }

  test('a symbolic link', async () => {
    await mkdir(path);
    await symlink(path, joinPath(root, 'link'));
    expect(await joinedPid(path, joinPath(root, 'link'))).toBe(record.pid);
  });

  test('a folder that is moved while its owner runs', async () => {
    const owner = await own(path);
    onTestEnd(() => owner.release());
    owner.announce(record);
    await rename(path, joinPath(root, 'moved'));
    expect(await joinedRecord(joinPath(root, 'moved'))).toEqual(record);
  });

  test('but not a copy of the folder', async () => {
    for (const name of ['copied', 'x'.repeat(120)]) {
      const owner = await own(joinPath(root, name));
      onTestEnd(() => owner.release());
      owner.announce(record);
      // As `cp -r` does, which leaves sockets out.
      await cp(joinPath(root, name), path, { recursive: true, filter: (file) => !file.endsWith('.sock') });
      const other = await own(path);
      await other.release();
      expect(await joinedRecord(joinPath(root, name))).toEqual(record);
    }
  });

  test('another temporary directory', async () => {
    const owner = await own(path);
    onTestEnd(() => owner.release());
    owner.announce(record);
    setTmpdir(root);
    expect(await joinedRecord(path)).toEqual(record);
  });

  test('a path that is too long for a socket, also with a long TMPDIR', async () => {
    const long = joinPath(root, 'x'.repeat(120), '.supabase');
    expect(await joinedPid(long, long)).toBe(record.pid);
    setTmpdir(joinPath(root, 'y'.repeat(120)));
    const longer = joinPath(root, 'z'.repeat(120), '.supabase');
    expect(await joinedPid(longer, longer)).toBe(record.pid);
  });
});

describe('what a crash or another program leaves among the claims', () => {
  const CLAIM = '0000000000000000';
  const leave = async (text: string): Promise<void> => {
    await mkdir(joinPath(path, 'claims'), { recursive: true });
    const { dev, ino } = await stat(joinPath(path, 'claims'), { bigint: true });
    text = text.replace('HERE', `${dev}:${ino}`);
    await writeFile(joinPath(path, 'claims', CLAIM), text);
  };

  test.each([
    ['an empty file, as after a power cut', ''],
    ['half a claim', '{"madeIn":"HERE","socket":"/tmp/x'],
    ['a claim whose socket is gone', '{"madeIn":"HERE","secret":"x","socket":"/nowhere/s"}'],
    [
      'a claim whose socket is another file',
      `{"madeIn":"HERE","secret":"x","socket":"${import.meta.filename}"}`,
    ],
    ['an object without a socket', '{}'],
    ['null', 'null'],
  ])('%s does not hold the data directory', async (_title, text) => {
    await leave(text);
    const owner = await own(path);
    await owner.release();
    expect(await readdir(joinPath(path, 'claims'))).toEqual([]);
    await expect(stat(import.meta.filename)).resolves.toBeDefined();
  });

  test('a program that listens at the place of an ended process is not taken for the owner', async () => {
    const stranger = createServer((socket) =>
      socket.on('data', () => socket.write('{"pid":1}\n{"pid":1}\n')),
    );
    await mkdir(joinPath(path, 'claims'), { recursive: true });
    const socket = joinPath(path, 'claims', `${CLAIM}.sock`);
    await new Promise<void>((resolve) => stranger.listen(socket, resolve));
    onTestEnd(() => stranger.close());
    await leave(JSON.stringify({ madeIn: 'HERE', secret: 'x' }));
    const owner = await own(path);
    await owner.release();
    expect(owner.kind).toBe('owner');
  });
});

test.each([['nothing'], ['a wrong greeting\n'], ['0'.repeat(65)], ['x'.repeat(1_000_000)], ['\0\n']])(
  'a client that has not read the claim learns nothing (case %#)',
  async (greeting) => {
    const owner = await own(path);
    onTestEnd(() => owner.release());
    owner.announce(record);
    const [name = ''] = (await readdir(joinPath(path, 'claims'))).filter((file) => file.length === 16);
    const client = connect(joinPath(path, 'claims', `${name}.sock`)).on('error', () => {});
    let received = '';
    client.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.end(greeting);
    await closed;
    expect(received).toBe('');
    // And the owner still serves those who have.
    (await join(path)).leave();
  },
);

test.skipIf(process.platform === 'win32')(
  'only their user may enter the data directory and its claims',
  async () => {
    const owner = await own(path);
    onTestEnd(() => owner.release());
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(joinPath(path, 'claims'))).mode & 0o777).toBe(0o700);
    const files = (await readdir(joinPath(path, 'claims'))).filter((name) => !name.endsWith('.sock'));
    const modes = await Promise.all(
      files.map(async (name) => (await stat(joinPath(path, 'claims', name))).mode),
    );
    expect(modes.map((mode) => mode & 0o777)).toEqual([0o600]);
  },
);
