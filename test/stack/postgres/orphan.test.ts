import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../plugin/shared/logger.ts';
import { loadConfig } from '../../../plugin/stack/config/config.ts';
import { makeEphemeralDataDir } from '../../../plugin/stack/postgres/ephemeral.ts';
import { stopOrphan } from '../../../plugin/stack/postgres/pid-file.ts';
import { startPostgres, type Postgres } from '../../../plugin/stack/postgres/postgres.ts';
import { isAlive } from '../../../plugin/stack/postgres/server-process.ts';
import { onTestEnd } from '../../helpers/on-test-end.ts';
import { makeProject, type TestProject } from '../../helpers/project.ts';

const isRoot = process.getuid?.() === 0;

async function start(root: string, port = 0): Promise<Postgres> {
  const postgres = await startPostgres({
    config: await loadConfig(root),
    dataDir: join(root, '.supabase'),
    port: { exact: port },
    ephemeral: true,
    schemaDirs: [],
    logger: silentLogger,
  });
  onTestEnd(() => postgres.stop(false));
  return postgres;
}

async function project(): Promise<TestProject> {
  const made = await makeProject();
  onTestEnd(() => made.remove());
  return made;
}

/** A data directory that a stopped server left, without a server's start each time. */
let stopped: TestProject;
beforeAll(async () => {
  stopped = await makeProject();
  const postgres = await startPostgres({
    config: await loadConfig(stopped.root),
    dataDir: join(stopped.root, '.supabase'),
    port: { exact: 0 },
    ephemeral: true,
    schemaDirs: [],
    logger: silentLogger,
  });
  await postgres.stop(false);
  return () => stopped.remove();
});

async function copyOf(source: string): Promise<TestProject> {
  const copy = await project();
  await cp(join(source, '.supabase'), join(copy.root, '.supabase'), { recursive: true });
  const cluster = join(copy.root, '.supabase/postgres');
  await chmod(cluster, 0o700);
  if (isRoot) await chownTree(cluster, await stat(join(source, '.supabase/postgres')));
  return copy;
}

async function chownTree(dir: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  await chown(dir, uid, gid);
  const names = await readdir(dir, { recursive: true });
  await Promise.all(names.map((name) => chown(join(dir, name), uid, gid)));
}

const clusterOf = ({ root }: TestProject): string => join(root, '.supabase/postgres');

async function writePidFile(app: TestProject, text: string): Promise<void> {
  await writeFile(join(clusterOf(app), 'postmaster.pid'), text);
}

describe('a start signals no process but its own old server', () => {
  test('not another project’s server, whatever the pid file says', async () => {
    const other = await project();
    const server = await start(other.root);
    const app = await copyOf(stopped.root);
    for (const dir of ['', clusterOf(other), clusterOf(app), '/nowhere']) {
      await writePidFile(app, `${server.pid()}\n${dir}\n1\n${server.database.port}\n`);
      const started = await start(app.root);
      expect(started.pid()).not.toBe(server.pid());
      await started.stop(false);
      expect(isAlive(server.pid())).toBe(true);
    }
  });

  test('not the server of the project that this one is a copy of', async () => {
    const app = await project();
    const server = await start(app.root);
    const copy = await copyOf(app.root);
    expect(await readFile(join(clusterOf(copy), 'postmaster.pid'), 'utf8')).toContain(`${server.pid()}\n`);
    await start(copy.root);
    expect(isAlive(server.pid())).toBe(true);
  });

  test.each([
    ['this process', `${process.pid}\n`],
    ['the first process', '1\n'],
    ['every process of the group', '0\n'],
    ['every process of the user', '-1\n'],
    ['a process that has ended', '4190000\n'],
    ['no number', 'postgres\n'],
    ['a number with more behind it', '1; rm -rf\n'],
    ['an empty file, as after a full disk', ''],
  ])('not %s', async (_title, text) => {
    const app = await copyOf(stopped.root);
    await writePidFile(app, text);
    const started = await start(app.root);
    expect(started.pid()).toBeGreaterThan(1);
  });

  test('not a program that only works in the data directory', async () => {
    const app = await copyOf(stopped.root);
    const shell = spawn('sleep', ['100'], { cwd: clusterOf(app) });
    onTestEnd(() => shell.kill());
    await once(shell, 'spawn');
    await writePidFile(app, `${shell.pid}\n${clusterOf(app)}\n`);
    await start(app.root);
    expect(isAlive(shell.pid ?? 0)).toBe(true);
  });

  test('not a server on this data whose pid file names another folder: the start fails and says so', async () => {
    const app = await project();
    const server = await start(app.root);
    await writePidFile(app, `${server.pid()}\n${tmpdir()}\n`);
    await expect(stopOrphan(clusterOf(app))).rejects.toMatchObject({
      code: 'POSTGRES_START',
      message: expect.stringMatching(`process ${server.pid()} may be a server .* cannot be proven`),
      hint: expect.stringMatching(/No process was ended/),
    });
    expect(isAlive(server.pid())).toBe(true);
  });

  test('its own old server also after the project was moved', async () => {
    const app = await project();
    const server = await start(app.root);
    const moved = await project();
    await rename(join(app.root, '.supabase'), join(moved.root, '.supabase'));
    const next = await start(moved.root);
    expect(isAlive(server.pid())).toBe(false);
    expect(next.pid()).not.toBe(server.pid());
  });

  test('takes a process that has ended, but that nobody has waited for, as ended', async () => {
    // A shell that never waits for its child keeps it as a zombie.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 100']);
    onTestEnd(() => parent.kill());
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    await expect.poll(() => isAlive(Number(pid))).toBe(false);
  });
});

describe('the shared temporary folder', () => {
  const ABANDONED = '4190000';

  async function temporaryFolder(): Promise<string> {
    const { root } = await project();
    const { TMPDIR } = process.env;
    process.env.TMPDIR = root;
    onTestEnd(() => (TMPDIR === undefined ? delete process.env.TMPDIR : (process.env.TMPDIR = TMPDIR)));
    return root;
  }

  async function plant(dir: string): Promise<void> {
    await mkdir(join(dir, 'postgres'), { recursive: true });
    await writeFile(join(dir, 'owner.pid'), ABANDONED);
  }

  test('removes what a killed process of this user left', async () => {
    const tmp = await temporaryFolder();
    await plant(join(tmp, 'supabase-stack-mine'));
    const made = await makeEphemeralDataDir();
    expect((await readdir(tmp)).map((name) => join(tmp, name))).toEqual([made]);
    expect((await stat(made)).mode & 0o777).toBe(0o700);
  });

  test.runIf(isRoot).each([
    ['another user’s folder', (dir: string) => chown(dir, 65534, 65534)],
    ['a folder that others may write to', (dir: string) => chmod(dir, 0o777)],
    ['a folder that its group may write to', (dir: string) => chmod(dir, 0o770)],
  ])('neither follows nor removes %s', async (_title, give) => {
    const server = await start((await project()).root);
    const tmp = await temporaryFolder();
    const planted = join(tmp, 'supabase-stack-planted');
    await plant(planted);
    await writeFile(
      join(planted, 'postgres/postmaster.pid'),
      `${server.pid()}\n${join(planted, 'postgres')}\n`,
    );
    await give(planted);
    await makeEphemeralDataDir();
    expect(await readdir(tmp)).toContain('supabase-stack-planted');
    expect(isAlive(server.pid())).toBe(true);
  });

  test('does not follow a symbolic link', async () => {
    const target = (await project()).root;
    await plant(target);
    const tmp = await temporaryFolder();
    await symlink(target, join(tmp, 'supabase-stack-link'));
    await makeEphemeralDataDir();
    expect(await readdir(target)).toContain('owner.pid');
  });
});
