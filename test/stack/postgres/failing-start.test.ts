import { execFileSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { startPostgres, type Postgres } from '../../../plugin/stack/postgres/postgres.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject } from '../../helpers/project.ts';

// A start that cannot succeed is reported at once; only a short-lived reason is waited for, up to 60 s.
const AT_ONCE_MS = 10_000;

async function start(root: string, binDir?: string): Promise<Postgres> {
  return startPostgres({
    config: await loadConfig(root),
    dataDir: join(root, '.supabase'),
    port: { exact: 0 },
    ephemeral: true,
    binDir,
    schemaDirs: [],
    logger: silentLogger,
  });
}

/** Gives a folder a small file system of its own; false without the right to do so. */
function mountSmall(dir: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=755', 'tmpfs', dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('a full disk is reported at once', { timeout: AT_ONCE_MS }, async ({ skip }) => {
  const project = await makeProject();
  onTestEnd(() => project.remove());
  if (process.platform !== 'linux' || !mountSmall(project.root))
    skip('needs the right to mount a file system');
  onTestEnd(() => execFileSync('umount', ['-l', project.root]));
  const postgres = await start(project.root);
  await postgres.stop(false);
  await writeFile(join(project.root, 'fill'), Buffer.alloc(64 * 1024 * 1024)).catch(() => {});
  await expect(start(project.root)).rejects.toThrow(/no space left on device/i);
});

test.skipIf(process.platform === 'win32').each([
  ['FATAL:  could not create lock file "postmaster.pid": No space left on device', /No space left on device/],
  ['FATAL:  could not write lock file "postmaster.pid": Disk quota exceeded', /Disk quota exceeded/],
  ['FATAL:  lock file "postmaster.pid" already exists', /already exists/],
  ['PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left on device', /pg_wal.*No space/],
  ['postgres: error while loading shared libraries: libicu.so: cannot open', /libicu\.so/],
])('a server that ends with "%s" is not tried again', { timeout: AT_ONCE_MS }, async (line, message) => {
  const project = await makeProject({
    'bin/postgres': `#!/bin/sh\n[ "$1" = --version ] && echo "postgres (PostgreSQL) 17.0" && exit\necho '2026 [1] ${line}' >&2\nexit 1\n`,
    '.supabase/postgres/PG_VERSION': '17\n',
    '.supabase/postgres.password': 'x\n',
    // What an earlier server wrote says nothing about this one.
    '.supabase/postgres.log': '2026 [1] FATAL:  pre-existing shared memory block is still in use\n',
  });
  onTestEnd(() => project.remove());
  await chmod(join(project.root, 'bin/postgres'), 0o755);
  await expect(start(project.root, join(project.root, 'bin'))).rejects.toMatchObject({
    code: 'POSTGRES_START',
    message: expect.stringMatching(message),
  });
});
