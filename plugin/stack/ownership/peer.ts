import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { hasErrorCode } from '../../shared/errors.ts';
import { greeting } from './candidate.ts';
import type { Claim } from './claim-folder.ts';
import type { StackRecord } from './record.ts';
import { readAnswer, type StackRequest } from './request.ts';

/** A live process with a claim. */
export interface Peer {
  /** True when it owns the data directory, false when it ended before. */
  readonly confirmed: Promise<boolean>;
  /** Its stack, or undefined when it ended before that had started. */
  readonly record: Promise<StackRecord | undefined>;
  /** Settles when it ends, for any reason. */
  readonly ended: Promise<void>;
  /** Sends a request, after the record has come. @throws as the other process did; Error when it ends before */
  request(request: StackRequest): Promise<unknown>;
  leave(): void;
}

const RETRY_PAUSE_MS = 10;
/** After the lines with the secret, "owner", and the record. */
const FIRST_ANSWER = 3;

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
  let answers = FIRST_ANSWER;
  return {
    confirmed: line(1).then((text) => text !== undefined),
    record: line(2).then((text) => {
      // A joined process may end while the owner runs on.
      socket.unref();
      return text === undefined ? undefined : (JSON.parse(text) as StackRecord);
    }),
    ended,
    async request(request) {
      const answer = line(answers++);
      socket.ref();
      socket.write(`${JSON.stringify(request)}\n`);
      const text = await answer;
      socket.unref();
      if (text === undefined) throw new Error('the process that runs the stack has ended');
      return readAnswer(text);
    },
    leave: () => socket.destroy(),
  };
}

/** Returns a function that waits for the line with this index; undefined if the connection ends before. */
function lineReader(socket: Socket): (index: number) => Promise<string | undefined> {
  let text = '';
  const waiting = new Set<() => void>();
  const check = (): void => {
    for (const look of waiting) look();
  };
  socket
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk;
      check();
    })
    .once('close', check);
  return (index) =>
    new Promise((resolve) => {
      const look = (): void => {
        const lines = text.split('\n');
        if (lines.length <= index + 1 && !socket.closed) return;
        waiting.delete(look);
        resolve(lines.length > index + 1 ? lines[index] : undefined);
      };
      waiting.add(look);
      look();
    });
}
