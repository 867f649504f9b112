import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { exists } from '../../../shared/files.ts';
import { ReplyBoundary } from './reply-boundary.ts';

/** What `pg.Client` needs, too. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/**
 * The library calls PGlite's functions without waiting for anything; so it runs in a thread of its own, which sleeps until
 * this one has the answer of the server.
 */
const THREAD = `
  const { parentPort, workerData, receiveMessageOnPort } = require('node:worker_threads');
  const { library, args, signal, port } = workerData;
  const pg = {
    query: async () => ({ rows: [{ search_path: '' }] }),
    exec: async () => [],
    execProtocolRawStream(bytes, { onRawData }) {
      Atomics.store(signal, 0, 0);
      port.postMessage(bytes.slice());
      Atomics.wait(signal, 0, 0);
      onRawData(receiveMessageOnPort(port).message);
    },
  };
  require(library)
    .pgDump({ pg, args })
    .then((file) => file.text())
    .then(
      (text) => parentPort.postMessage({ text }),
      (error) => parentPort.postMessage({ error: String(error.message) }),
    );
`;

/**
 * Runs PostgreSQL's own pg_dump, which the npm package of PostgreSQL does not have: as WebAssembly, from
 * `@electric-sql/pglite-tools`, connected to a real server. It holds the whole result in memory, and always writes data
 * as INSERT.
 *
 * @param args options of pg_dump, without those about the connection and the output
 * @returns the script, without the lines `\restrict` and `\unrestrict`
 * @throws Error with what pg_dump has printed
 */
export async function runPgDump(address: ServerAddress, args: readonly string[]): Promise<string> {
  const socket = connect(address.port, address.host);
  await once(socket, 'connect');
  const { port1, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  relay(socket, port1, signal);
  const thread = new Worker(THREAD, {
    eval: true,
    execArgv: [],
    env: {},
    name: 'pg_dump',
    workerData: {
      library: await findLibrary(),
      args: [...args, `--dbname=${connectionString(address)}`],
      signal,
      port: port2,
    },
    transferList: [port2],
  });
  try {
    return await resultOf(thread);
  } finally {
    socket.destroy();
    port1.close();
    await thread.terminate();
  }
}

/** Passes what the thread sends to the server, and the complete answer, or what there is at the end, back. */
function relay(socket: Socket, port: MessagePort, signal: Int32Array): void {
  const boundary = new ReplyBoundary();
  let reply: Uint8Array[] = [];
  let isWaiting = false;
  const answer = (): void => {
    if (!isWaiting || !(boundary.isComplete || socket.destroyed)) return;
    isWaiting = false;
    port.postMessage(Buffer.concat(reply));
    reply = [];
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  port.on('message', (bytes: Uint8Array) => {
    boundary.sent(bytes);
    isWaiting = true;
    if (!socket.destroyed) socket.write(bytes);
    answer();
  });
  socket.on('data', (bytes) => {
    boundary.received(bytes);
    reply.push(bytes);
    answer();
  });
  socket.on('error', () => {});
  socket.on('close', answer);
}

function resultOf(thread: Worker): Promise<string> {
  return new Promise((resolve, reject) => {
    thread.once('message', ({ text, error }: { text?: string; error?: string }) => {
      // Before it, the library prints where it did not find its own program.
      if (text === undefined)
        reject(new Error(error?.replace(/^[^]*?\[worker eval\]: (?:error: )?/, 'pg_dump: ')));
      else resolve(text);
    });
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('the thread ended without a result')));
  });
}

function connectionString({ user, password, database }: ServerAddress): string {
  const settings = { user, password, dbname: database, sslmode: 'disable', gssencmode: 'disable' };
  return Object.entries(settings)
    .map(([name, value]) => `${name}='${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`)
    .join(' ');
}

/** The build puts a copy beside this file (tools/build.mjs): as a dependency it would bring the 25 MB of PGlite with it. */
async function findLibrary(): Promise<string> {
  const copy = fileURLToPath(new URL('./pg_dump/pg_dump.cjs', import.meta.url));
  if (await exists(copy)) return copy;
  return createRequire(import.meta.url).resolve('@electric-sql/pglite-tools/pg_dump');
}
