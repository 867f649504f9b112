import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists } from '../../shared/files.ts';
import { supabaseControl } from './contrib.ts';
import { readPgtapArchive, unpackPgtap } from './pgtap.ts';

/** PostgreSQL as the npm package of this platform contains it. */
export interface NativePackage {
  /** Folder with `bin`, `lib` and `share`. */
  readonly dir: string;
  readonly version: string;
}

/** The extensions that this package brings: one folder each, with the control file and the SQL scripts. */
const EXTENSIONS_DIR = fileURLToPath(new URL('./extensions', import.meta.url));

/** Part of the version of an installation; raise it when this file makes another one from the same input. */
const FORMAT = 2;

const UNUSED_AFTER_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Makes an installation of PostgreSQL that has Supabase's extensions: the package's files, and a share folder with
 * control files of our own. PostgreSQL looks for `share` beside its own program, hence the programs are there too. The
 * package's files are hard links, or copies where links are impossible.
 *
 * The folder's name is a hash of all that it is made from. It is complete or absent, whoever creates it at the same
 * time.
 *
 * @param parents folders for the installation, in the order of preference; the first writable one is used
 * @returns the folder with `bin`, `lib` and `share`
 */
export async function makeInstallation(source: NativePackage, parents: readonly string[]): Promise<string> {
  const extensions = await readExtensions();
  const pgtap = await readPgtapArchive();
  const name = `postgresql-${source.version}-${versionOf(source, extensions, pgtap)}`;
  for (const parent of parents) {
    const target = join(parent, name);
    if (!(await exists(target))) continue;
    const now = new Date();
    await utimes(target, now, now).catch(() => {});
    return target;
  }
  let failure: unknown;
  for (const parent of parents) {
    try {
      return await create(join(parent, name), source, new Map([...extensions, ...unpackPgtap(pgtap)]));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** The folder for files that all projects of this user share. */
export function userCacheDir(): string {
  const home = homedir();
  const base =
    process.platform === 'win32'
      ? (process.env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'))
      : process.platform === 'darwin'
        ? join(home, 'Library', 'Caches')
        : (process.env.XDG_CACHE_HOME ?? join(home, '.cache'));
  return join(base, 'vite-plugin-supabase');
}

/** File name → content. */
type Files = ReadonlyMap<string, string>;

async function readExtensions(): Promise<Files> {
  const entries = await readdir(EXTENSIONS_DIR, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(control|sql)$/.test(entry.name));
  const contents = await Promise.all(
    files.map(async (file) => [file.name, await readFile(join(file.parentPath, file.name), 'utf8')] as const),
  );
  return new Map(contents.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function versionOf(source: NativePackage, extensions: Files, pgtap: Buffer): string {
  const hash = createHash('sha256').update(JSON.stringify([FORMAT, source, [...extensions]]));
  hash.update(pgtap);
  return hash.digest('hex').slice(0, 16);
}

async function create(target: string, source: NativePackage, extensions: Files): Promise<string> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  await removeUnused(parent, 'postgresql-');
  const partial = `${target}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await linkFolder(source.dir, partial);
    await createLibraryLinks(source.dir, partial);
    const folder = await extensionFolder(partial);
    await writeControls(join(source.dir, relative(partial, folder)), folder);
    for (const [name, content] of extensions) await writeFile(join(folder, name), content);
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process was faster: what it has made is the same.
    if (!(await exists(target))) throw error;
  }
  return target;
}

/** Links a folder's files, except the extensions' control files. */
async function linkFolder(source: string, target: string): Promise<void> {
  await mkdir(target, { mode: 0o755 });
  const entries = await readdir(source, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const from = join(source, entry.name);
      const to = join(target, entry.name);
      if (entry.isDirectory()) await linkFolder(from, to);
      else if (entry.isFile() && !entry.name.endsWith('.control')) {
        await link(from, to).catch(() => copyFile(from, to, constants.COPYFILE_FICLONE));
      }
    }),
  );
}

/**
 * npm packages cannot contain symbolic links: this one lists them and creates them in an install script, which npm no
 * longer runs unless allowed. Without them the server does not find its libraries.
 */
async function createLibraryLinks(source: string, target: string): Promise<void> {
  const list = await readFile(join(source, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source: file, target: name } of JSON.parse(list) as { source: string; target: string }[]) {
    // Both are paths below the package, "native/lib/…", in the same folder.
    await rm(join(target, relative('native', name)), { force: true });
    await symlink(basename(file), join(target, relative('native', name)));
  }
}

/** `share/extension`, or `share/postgresql/extension`. */
async function extensionFolder(installation: string): Promise<string> {
  const plain = join(installation, 'share', 'extension');
  return (await exists(plain)) ? plain : join(installation, 'share', 'postgresql', 'extension');
}

async function writeControls(source: string, target: string): Promise<void> {
  for (const file of (await readdir(source)).filter((name) => name.endsWith('.control'))) {
    const control = supabaseControl(basename(file, '.control'), await readFile(join(source, file), 'utf8'));
    if (control !== undefined) await writeFile(join(target, file), control);
  }
}

/** Removes the folders of one kind, also unfinished ones, that no start has used for a month. */
export async function removeUnused(parent: string, prefix: string): Promise<void> {
  for (const name of (await readdir(parent)).filter((entry) => entry.startsWith(prefix))) {
    const path = join(parent, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > UNUSED_AFTER_MS)
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
