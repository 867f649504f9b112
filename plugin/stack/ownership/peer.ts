import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { hasErrorCode } from '../../shared/errors.ts';
import { greeting } from './candidate.ts';
import type { Claim } from './claim-folder.ts';
import type { StackRecord } from './record.ts';

/** A live process with a claim. */
export interface Peer {
  /** True when it owns the data directory, false when it ended before. */
  readonly confirmed: Promise<boolean>;
  /** Its stack, or undefined when it ended before that had started. */
  readonly record: Promise<StackRecord | undefined>;
  /** Settles when it ends, for any reason. */
  readonly ended: Promise<void>;
  leave(): void;
}

const RETRY_PAUSE_MS = 10;

/**
 * Connects to the process that made a claim.
 *
 * @returns undefined when that process has ended or taken its claim back; neither can change again, because the operating
 *   system closes a socket with its process, and a claim is made once
 * @throws any other error, which says nothing about the process
 */
export async function reach(claim: Claim): Promise<Peer | undefined> {
  for (;;) {
    try {
      return await converse(await open(claim.socket), claim.secret);
    } catch (error) {
      if (ENDED.some((code) => hasErrorCode(error, code))) return undefined;
      if (!UNDECIDED.some((code) => hasErrorCode(error, code))) throw error;
      await delay(RETRY_PAUSE_MS);
    }
  }
}

// A socket without a listener; no socket any more; another kind of file.
const ENDED = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'];
// More processes connect at once than the queue of a socket holds (Linux); the process ended while this one waited in it.
const UNDECIDED = ['EAGAIN', 'ECONNRESET'];

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

async function converse(socket: Socket, secret: string): Promise<Peer | undefined> {
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const line = lineReader(socket);
  socket.write(`${greeting(secret)}\n`);
  if ((await line(0)) !== secret) {
    // The end, or another program that has taken the name of a pipe.
    socket.destroy();
    return undefined;
  }
  return {
    confirmed: line(1).then((text) => text !== undefined),
    record: line(2).then((text) => {
      // A joined process may end while the owner runs on.
      socket.unref();
      return text === undefined ? undefined : (JSON.parse(text) as StackRecord);
    }),
    ended,
    leave: () => socket.destroy(),
  };
}

/** Returns a function that waits for the line with this index; undefined if the connection ends before. */
function lineReader(socket: Socket): (index: number) => Promise<string | undefined> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return (index) =>
    new Promise((resolve) => {
      const check = (): void => {
        const lines = text.split('\n');
        if (lines.length > index + 1) resolve(lines[index]);
      };
      check();
      socket.on('data', check);
      socket.once('close', () => resolve(undefined));
      if (socket.closed) resolve(undefined);
    });
}
