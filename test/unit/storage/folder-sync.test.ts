import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FolderSync } from '../../../plugin/stack/storage/disk/folder-sync.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';

describe.skipIf(process.platform === 'win32')('the sync of a folder', () => {
  test('is shared by calls that arrive during another one, and begins after each of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'folder-sync-'));
    onTestEnd(() => rm(folder, { recursive: true }));
    const syncs = new FolderSync();
    const order: string[] = [];
    const call = (name: string): Promise<unknown> => syncs.sync(folder).then(() => order.push(name));
    await Promise.all([call('first'), call('second'), call('third')]);
    expect(order).toEqual(['first', 'second', 'third']);
    await call('later');
    expect(order).toHaveLength(4);
  });

  test('that fails fails for its own calls only', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'folder-sync-'));
    onTestEnd(() => rm(parent, { recursive: true, force: true }));
    const syncs = new FolderSync();
    const missing = join(parent, 'missing');
    const failures = await Promise.allSettled([syncs.sync(missing), syncs.sync(missing)]);
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(syncs.sync(parent)).resolves.toBeUndefined();
  });
});
