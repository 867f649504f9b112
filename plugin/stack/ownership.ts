import { createHash } from 'node:crypto';
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { hasErrorCode, SupabaseDevError } from '../shared/errors.ts';
import type { Keys } from './keys.ts';

/** What a second process needs to use the stack of the first one. */
export interface StackRecord extends Omit<Keys, 'signingKeys'> {
  readonly pid: number;
  /** Origin of the owner's gateway on loopback. */
  readonly url: string;
  readonly dbUrl: string;
  /** Public halves of the signing keys. */
  readonly jwks: readonly JWK[];
  /** By this secret a joiner's gateway shows the owner's that it has checked a request's host and origin. */
  readonly gatewaySecret: string;
}

/** This process owns the data directory. */
export interface Ownership {
  readonly kind: 'owner';
  /** Sends the record to waiting and future joiners. */
  announce(record: StackRecord): void;
  release(): Promise<void>;
}

/** Another live process owns it. */
export interface Membership {
  readonly kind: 'member';
  readonly record: StackRecord;
  /** Settles when the owner ends, for any reason. */
  readonly ended: Promise<void>;
  leave(): void;
}

/**
 * One process at a time runs the stack of a data directory. The owner listens on a local socket, which the operating
 * system closes however the process ends: there are no stale lock files, and reused process ids cause no confusion.
 *
 * A joiner waits until the owner has started, or becomes the owner if the start fails.
 */
export async function claimDataDir(dataDir: string): Promise<Ownership | Membership> {
  const path = await socketPath(dataDir);
  for (;;) {
    const owner = await listen(path);
    if (owner) return owner;
    const member = await joinOwner(path);
    if (member) return member;
    // Nothing answers: a killed process left the socket file behind. Windows removes its pipes itself.
    if (process.platform !== 'win32') await rm(path, { force: true });
  }
}

async function socketPath(dataDir: string): Promise<string> {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return `\\\\.\\pipe\\vite-plugin-supabase-${name}`;
  // Not in the data directory, because the path of a socket may have at most 104 bytes.
  const dir = join(tmpdir(), `vite-plugin-supabase-${userInfo().uid}`);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if ((await stat(dir)).uid !== userInfo().uid) {
    throw new SupabaseDevError('LOCK_FOREIGN', `${dir} belongs to another user`, {
      hint: 'Delete that folder, or set TMPDIR to a folder of your own.',
    });
  }
  await chmod(dir, 0o700);
  return join(dir, `${name}.sock`);
}

function listen(path: string): Promise<Ownership | undefined> {
  return new Promise((resolve, reject) => {
    const members = new Set<Socket>();
    let record: StackRecord | undefined;
    const sendRecord = (socket: Socket): void => {
      if (record) socket.write(`${JSON.stringify(record)}\n`);
    };
    const server = createServer((socket) => {
      members.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => members.delete(socket));
      sendRecord(socket);
    });
    server.once('error', (error) => {
      if (hasErrorCode(error, 'EADDRINUSE')) resolve(undefined);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve({
        kind: 'owner',
        announce(value) {
          record = value;
          for (const socket of members) sendRecord(socket);
        },
        release: () => close(server, members),
      });
    });
  });
}

function close(server: Server, members: ReadonlySet<Socket>): Promise<void> {
  for (const socket of members) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Undefined when nothing listens, or when the owner ended before its stack had started. */
function joinOwner(path: string): Promise<Membership | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = '';
    const ended = new Promise<void>((settle) => socket.once('close', () => settle()));
    socket.on('error', () => {});
    void ended.then(() => resolve(undefined));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n')) return;
      socket.unref();
      const record = JSON.parse(text) as StackRecord;
      resolve({ kind: 'member', record, ended, leave: () => socket.destroy() });
    });
  });
}
