import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BlobStore } from '../../../plugin/stack/storage/disk/blob-store.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';
import { presign } from './helpers/s3-signature.ts';
import { startStorageStack } from './helpers/storage-stack.ts';

// Windows has no modes: the data directory inherits the permissions of the project's folder there.
describe.skipIf(process.platform === 'win32')('on the machine, other users', () => {
  test('cannot read objects, unfinished uploads, and the key of signed URLs', async () => {
    const umask = process.umask(0);
    onTestEnd(() => void process.umask(umask));
    await using stack = await startStorageStack({ 'supabase/config.toml': '[storage.buckets.closed]\n' });
    const service = { authorization: `Bearer ${stack.services.keys.serviceRoleKey}` };
    const text = { ...service, 'content-type': 'text/plain' };
    await fetch(`${stack.url}/object/closed/a.txt`, { method: 'POST', headers: text, body: 'secret' });
    const copy = JSON.stringify({ bucketId: 'closed', sourceKey: 'a.txt', destinationKey: 'b.txt' });
    const json = { ...service, 'content-type': 'application/json' };
    await fetch(`${stack.url}/object/copy`, { method: 'POST', headers: json, body: copy });
    const metadata = `bucketName ${btoa('closed')},objectName ${btoa('c.txt')}`;
    const tus = { 'tus-resumable': '1.0.0', 'upload-length': '9', 'upload-metadata': metadata };
    await fetch(`${stack.url}/upload/resumable`, { method: 'POST', headers: { ...service, ...tus } });
    const multipart = `${stack.url}/s3/closed/d.txt`;
    const begun = await fetch(presign('POST', `${multipart}?uploads=`), { method: 'POST' });
    const [, id = ''] = /<UploadId>(.*?)</.exec(await begun.text()) ?? [];
    const part = presign('PUT', `${multipart}?partNumber=1&uploadId=${id}`);
    expect((await fetch(part, { method: 'PUT', body: 'part' })).status).toBe(200);
    const found = await modes(stack.storageDir);
    expect(Object.keys(found).length).toBeGreaterThan(8);
    expect(openOnes(found)).toEqual([]);
  });

  test('nor those of a data directory that an earlier version made', async () => {
    const project = await makeProject({ 'storage/objects/aa/blob': 'x', 'storage/uploads/tus-x.part': 'y' });
    onTestEnd(() => project.remove());
    const dir = join(project.root, 'storage');
    const outside = join(project.root, 'outside');
    await writeFile(outside, '');
    await chmod(outside, 0o644);
    await symlink(outside, join(dir, 'link'));
    await mkdir(join(dir, 'objects/bb'));
    for (const [path, mode] of [
      ['', 0o755],
      ['objects', 0o755],
      ['objects/bb', 0o777],
      ['objects/aa/blob', 0o644],
    ] as const)
      await chmod(join(dir, path), mode);
    const open = (): Promise<void> =>
      new BlobStore(dir, false).open(
        async (versions) => new Set(versions),
        async () => true,
      );
    await open();
    expect(openOnes(await modes(dir))).toEqual([]);
    expect((await stat(outside)).mode & 0o777).toBe(0o644);
    await open();
  });
});

/** Permissions by path. */
async function modes(dir: string): Promise<Record<string, number>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name));
  const found = [dir, ...paths].map(async (path) => [path, (await stat(path)).mode & 0o777] as const);
  return Object.fromEntries(await Promise.all(found));
}

function openOnes(found: Readonly<Record<string, number>>): string[] {
  return Object.entries(found).flatMap(([path, mode]) =>
    (mode & 0o077) === 0 ? [] : [`${path} ${mode.toString(8)}`],
  );
}
