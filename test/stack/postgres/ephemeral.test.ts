import { access, chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { makeEphemeralDataDir } from '../../../plugin/stack/postgres/ephemeral.ts';
import { startPostgres } from '../../../plugin/stack/postgres/postgres.ts';
import { isAlive } from '../../../plugin/stack/postgres/server-process.ts';
import { makeProject } from '../../helpers/project.ts';

test('the next throw-away stack removes the data of killed processes, but not that of live ones', async () => {
  // Other tests use the same temporary folder at the same time, and would remove the data, too.
  const project = await makeProject();
  vi.stubEnv('TMPDIR', project.root);
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'exit');
  const dataDir = await mkdtemp(join(tmpdir(), 'supabase-stack-'));
  await chmod(dataDir, 0o711);
  await writeFile(join(dataDir, 'owner.pid'), String(dead.pid));
  const config = await loadConfig('/nowhere');
  const port = { exact: 0 };
  const left = await startPostgres({
    config,
    dataDir,
    port,
    ephemeral: true,
    schemaDirs: [],
    logger: silentLogger,
  });

  const first = await makeEphemeralDataDir();
  expect(isAlive(left.pid())).toBe(false);
  await expect(access(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
  const second = await makeEphemeralDataDir();
  await expect(access(first)).resolves.toBeUndefined();
  for (const dir of [first, second]) await rm(dir, { recursive: true });
  vi.unstubAllEnvs();
  await project.remove();
});
