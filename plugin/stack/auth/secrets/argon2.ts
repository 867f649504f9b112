import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { ImportedHash } from './imported-hash.ts';

// GoTrue v2.196 internal/crypto/password.go

const FORMAT =
  /^\$(?<algorithm>argon2id?)\$v=19\$m=(?<memory>\d{1,7}),t=(?<time>\d{1,2}),p=(?<threads>\d{1,2})\$(?<salt>[A-Za-z\d+/]+)\$(?<hash>[A-Za-z\d+/]+)$/;
const MAX_MEMORY_KIB = 1024 * 1024;
const MAX_TIME = 20;
const MAX_THREADS = 16;

/** Reads `$argon2i$…` and `$argon2id$…` (PHC string format, version 19, without key id and data); undefined for others. */
export function parseArgon2(text: string): ImportedHash | undefined {
  const { algorithm = '', memory, time, threads, salt = '', hash = '' } = FORMAT.exec(text)?.groups ?? {};
  const cost = { memorySize: Number(memory), iterations: Number(time), parallelism: Number(threads) };
  const isAffordable =
    cost.memorySize <= MAX_MEMORY_KIB && cost.iterations <= MAX_TIME && cost.parallelism <= MAX_THREADS;
  // One character is no byte in base64.
  if (!isAffordable || salt.length % 4 === 1 || hash.length % 4 === 1) return undefined;
  const expected = Buffer.from(hash, 'base64');
  return {
    expected,
    derive: (password) =>
      runInThread({
        algorithm,
        ...cost,
        password,
        salt: Buffer.from(salt, 'base64'),
        hashLength: expected.length,
      }),
  };
}

interface Task {
  readonly algorithm: string;
  readonly password: string;
  readonly salt: Uint8Array;
  /** KiB */
  readonly memorySize: number;
  readonly iterations: number;
  readonly parallelism: number;
  /** Bytes */
  readonly hashLength: number;
}

// hash-wasm computes where it is called, for as long as the hash's author chose: not in the thread that serves requests.
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { library, algorithm, ...options } = workerData;
  require(library)[algorithm]({ ...options, outputType: 'binary' }).then((key) => parentPort.postMessage(key));
`;

const require = createRequire(import.meta.url);

function runInThread(task: Task): Promise<Uint8Array> {
  const library = require.resolve('hash-wasm');
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, { eval: true, workerData: { ...task, library } });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('the thread ended without a result')));
  });
}
