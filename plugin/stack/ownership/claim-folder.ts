import { randomBytes } from 'node:crypto';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { hasErrorCode } from '../../shared/errors.ts';
import { CLAIMS_FOLDER, makeDataDir, unwritable } from '../postgres/data-dir.ts';

/** The claim of a process to a data directory: how the others reach it. */
export interface Claim {
  /** Random and used once. Of two claims made at the same time, the lower one has precedence. */
  readonly id: string;
  /** Path of a Unix socket, or of a named pipe on Windows. */
  readonly socket: string;
  /** Known to those who can read the folder. */
  readonly secret: string;
}

/**
 * The folder of a data directory's claims. It is in the data directory itself: whatever path leads there, and whatever
 * TMPDIR says, all processes find the same folder, and no other user can write to it.
 *
 * @throws SupabaseDevError DATA_DIR_UNWRITABLE
 */
export async function openClaimFolder(dataDir: string): Promise<string> {
  await makeDataDir(dataDir);
  return join(await realpath(dataDir), CLAIMS_FOLDER);
}

/** The published claims, in order of precedence. Most are of live processes, the others of killed ones. */
export async function listClaims(folder: string): Promise<Claim[]> {
  const names = await readdir(folder).catch(() => []);
  const ids = names.filter((name) => /^[0-9a-f]{16}$/.test(name)).toSorted();
  const claims = await Promise.all(ids.map((id) => readClaim(folder, id)));
  return claims.filter((claim) => claim !== undefined);
}

/** The text of a claim. */
interface ClaimText {
  /** The folder it was made in: a copied project has copies of the claims, too. */
  readonly madeIn: string;
  readonly secret: string;
  /** Absent when the socket is beside the claim, and moves with it. */
  readonly socket?: string;
}

async function readClaim(folder: string, id: string): Promise<Claim | undefined> {
  const file = join(folder, id);
  try {
    const text = JSON.parse(await readFile(file, 'utf8')) as Partial<ClaimText> | null;
    if (text?.secret !== undefined && text.madeIn === (await identify(folder)))
      return { id, secret: text.secret, socket: text.socket ?? socketBeside(folder, id) };
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined;
    if (!(error instanceof SyntaxError)) throw unwritable(folder, error);
  }
  // A claim has its whole text before it gets its name: only a power cut leaves less, and no process with it.
  await rm(file, { force: true });
  return undefined;
}

async function identify(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `${dev}:${ino}`;
}

/** Makes a claim visible, complete at once. Its socket has to accept connections already. */
export async function publishClaim(folder: string, { id, secret, socket }: Claim): Promise<void> {
  const file = join(folder, id);
  try {
    const madeIn = await identify(folder);
    const text: ClaimText =
      socket === socketBeside(folder, id) ? { madeIn, secret } : { madeIn, secret, socket };
    await writeFile(`${file}.tmp`, JSON.stringify(text), { mode: 0o600 });
    await rename(`${file}.tmp`, file);
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** Removes a claim and its socket. Nobody else uses either, because an id is used once. */
export async function removeClaim(folder: string, { id, socket }: Claim): Promise<void> {
  await rm(join(folder, id), { force: true });
  await rm(join(folder, `${id}.tmp`), { force: true });
  if (process.platform === 'win32') return;
  const found = await lstat(socket).catch(() => undefined);
  if (found?.isSocket() && found.uid === userInfo().uid) await rm(socket, { force: true });
  if (basename(dirname(socket)).startsWith(SHORT_PREFIX)) await rmdir(dirname(socket)).catch(() => {});
}

const SHORT_PREFIX = 'vite-plugin-supabase-';
// The path of a socket may have 103 bytes on macOS and 107 on Linux.
const MAX_SOCKET_PATH = 103;

/** An id and a secret with the place of a socket beside the claim; undefined where that path is too long. */
export async function draftClaim(folder: string): Promise<Claim | undefined> {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(16).toString('hex');
  // Every user may list pipes and open them for reading, so the name alone gives nothing away.
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw unwritable(folder, error);
  });
  if (process.platform === 'win32') return { id, secret, socket: `\\\\.\\pipe\\${SHORT_PREFIX}${id}` };
  const socket = socketBeside(folder, id);
  return Buffer.byteLength(socket) > MAX_SOCKET_PATH ? undefined : { id, secret, socket };
}

function socketBeside(folder: string, id: string): string {
  return join(folder, `${id}.sock`);
}

/** The same in a new temporary folder: for long paths, and for file systems without sockets (shared folders of VMs). */
export async function draftShortClaim(): Promise<Claim> {
  const id = randomBytes(8).toString('hex');
  const parent = Buffer.byteLength(tmpdir()) < MAX_SOCKET_PATH - 40 ? tmpdir() : '/tmp';
  const dir = await mkdtemp(join(parent, SHORT_PREFIX));
  return { id, secret: randomBytes(16).toString('hex'), socket: join(dir, 's') };
}
