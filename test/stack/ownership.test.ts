import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  claimDataDir,
  type Membership,
  type Ownership,
  type StackRecord,
} from '../../plugin/stack/ownership.ts';

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

test('the second claim joins the first, also if it comes before the stack has started', async () => {
  const path = `/nowhere/${randomUUID()}`;
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
  const path = `/nowhere/${randomUUID()}`;
  const owner = await own(path);
  const waiting = own(path);
  await owner.release();
  const heir = await waiting;
  expect(heir.kind).toBe('owner');
  await heir.release();
});

test('of many at once, one owns and the others join', async () => {
  const path = `/nowhere/${randomUUID()}`;
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
