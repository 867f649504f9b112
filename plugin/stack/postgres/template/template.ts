import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { debuglog, promisify } from 'node:util';
import pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import { exists } from '../../../shared/files.ts';
import { silentLogger } from '../../../shared/logger.ts';
import { spawnAs } from '../binaries.ts';
import { applyBootstrap } from '../bootstrap.ts';
import { postgresEnv, type ClusterOptions } from '../cluster-options.ts';
import { createDatabase } from '../database.ts';
import { initCluster, PASSWORD_FILE } from '../init-cluster.ts';
import { removeUnused, userCacheDir } from '../installation.ts';
import { Postmaster } from '../postmaster.ts';
import { HOST } from '../server-settings.ts';
import { TEMPLATE_PASSWORD_FILE } from './own-password.ts';
import { copyCluster, writeManifest } from './template-files.ts';
import { templateName } from './template-name.ts';

const run = promisify(execFile);
const debug = debuglog('vite-plugin-supabase');

const MANIFEST_FILE = 'manifest.json';

/**
 * Creates the cluster of a data directory as a copy of the template: a cluster with Supabase's schema, made once per user
 * of this machine and each version of PostgreSQL and of the schema. Until `ownPassword` has run, it has the template's
 * password.
 *
 * @returns whether it did. Whatever is in the way (a folder that cannot be written or belongs to somebody else, damage),
 *   initdb remains possible; NODE_DEBUG=vite-plugin-supabase shows the reason.
 */
export async function copyTemplate(options: ClusterOptions): Promise<boolean> {
  if (!options.hasTemplate) return false;
  try {
    await copyFrom(await provideTemplate(options), options);
    return true;
  } catch (error) {
    debug('no cluster from a template: %s', errorMessage(error));
    return false;
  }
}

async function provideTemplate(options: ClusterOptions): Promise<string> {
  const parent = options.runAs ? options.dataDir.shared : userCacheDir();
  const home = join(parent, await templateName(options));
  if (!(await exists(home))) await makeTemplate(home, options);
  await checkOwner(home);
  // Unused ones are removed after a while.
  await utimes(home, new Date(), new Date());
  return home;
}

/** Nobody else may have put the folder there, or may write to it. */
async function checkOwner(home: string): Promise<void> {
  if (process.platform === 'win32') return;
  const found = await lstat(home);
  if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o022) !== 0)
    throw new Error(`${home} is not a folder of this user alone`);
}

async function copyFrom(home: string, { dataDir, runAs, durable, binaries }: ClusterOptions): Promise<void> {
  const partial = `${dataDir.cluster}.init`;
  await rm(partial, { recursive: true, force: true });
  let password: string;
  try {
    password = await readFile(join(home, PASSWORD_FILE), 'utf8');
    await copyCluster(join(home, 'postgres'), join(home, MANIFEST_FILE), partial, runAs);
  } catch (error) {
    // The next start makes another one.
    await rm(home, { recursive: true, force: true });
    throw error;
  }
  if (durable)
    await run(join(binaries.binDir, 'initdb'), ['--sync-only', '-D', partial], {
      ...spawnAs(runAs),
      cwd: '/',
      env: postgresEnv(),
    });
  const own = `${randomBytes(24).toString('base64url')}\n`;
  const mode = { mode: 0o600, flush: durable };
  await writeFile(join(dataDir.path, TEMPLATE_PASSWORD_FILE), password, mode);
  await writeFile(join(dataDir.path, PASSWORD_FILE), own, mode);
  await rename(partial, dataDir.cluster);
}

/** Complete or absent, whoever makes one at the same time. */
async function makeTemplate(home: string, options: ClusterOptions): Promise<void> {
  const parent = dirname(home);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  await removeUnused(parent, 'template-');
  const partial = `${home}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(partial);
    // PostgreSQL's user, when this is root, has to pass through.
    await chmod(partial, options.runAs ? 0o711 : 0o700);
    const dataDir = { ...options.dataDir, path: partial, cluster: join(partial, 'postgres') };
    await bootstrap({
      ...options,
      dataDir,
      port: { exact: 0 },
      durable: true,
      settings: {},
      logger: silentLogger,
    });
    await writeManifest(dataDir.cluster, join(partial, MANIFEST_FILE));
    await rename(partial, home);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process was faster: what it has made is the same.
    if (!(await exists(home))) throw error;
  }
}

async function bootstrap(options: ClusterOptions): Promise<void> {
  await initCluster(options);
  const password = (await readFile(join(options.dataDir.path, PASSWORD_FILE), 'utf8')).trim();
  const server = await Postmaster.start(options);
  try {
    const client = new pg.Client(createDatabase(HOST, server.port, password).connection('supabase_admin'));
    client.on('error', () => {});
    await client.connect();
    await applyBootstrap(client, options.schemaDirs, password);
    await client.end();
  } finally {
    await server.stop();
  }
}
