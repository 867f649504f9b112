import type { Duplex } from 'node:stream';
import type { UpgradeConnection } from './connection.ts';
import { closeFrame, FrameBoundary } from './frame-boundary.ts';

// How long one side may stay open after the other one has ended: enough for the answer to a close frame.
const HALF_OPEN_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;

/** The two ends of one WebSocket after its handshake, each with the bytes that were read too early. */
export interface SocketPairEnds {
  readonly client: Duplex;
  readonly clientHead: Buffer;
  readonly upstream: Duplex;
  readonly upstreamHead: Buffer;
  /** Of the upstream, where chunks are borrowed from its read buffer. */
  readonly connection: UpgradeConnection | undefined;
}

/**
 * Pipes the two connections of one WebSocket into each other: a client's and an upstream's. Backpressure passes through in both directions. When
 * the upstream disappears without a close frame, the client gets one (1012, service restart) instead of a bare reset,
 * unless the upstream was cut off within a frame.
 */
export class SocketPair {
  /** Settles when both connections are closed. */
  readonly closed: Promise<void>;
  readonly #client: Duplex;
  readonly #upstream: Duplex;
  readonly #boundary = new FrameBoundary();
  #halfOpen: NodeJS.Timeout | undefined;
  #isBorrowed = false;

  constructor({ client, clientHead, upstream, upstreamHead, connection }: SocketPairEnds) {
    this.#client = client;
    this.#upstream = upstream;
    this.closed = this.#watchEnds();
    if (upstreamHead.length > 0) this.#writeToClient(upstreamHead);
    if (clientHead.length > 0) this.#writeToUpstream(clientHead);
    if (!connection) upstream.on('data', (chunk: Buffer) => this.#writeToClient(chunk));
    // TLS never writes a chunk at once, so it gets a copy.
    else if ('encrypted' in client) connection.receive((chunk) => this.#writeToClient(Buffer.from(chunk)));
    else connection.receive((chunk) => this.#writeBorrowed(chunk));
    client.on('data', (chunk: Buffer) => this.#writeToUpstream(chunk));
    client.on('drain', () => upstream.resume());
    upstream.on('drain', () => client.resume());
  }

  /** Sends the client a close frame with this code, and ends both connections. */
  close(code: number, reason: string): void {
    const client = this.#client;
    if (client.writable && !this.#boundary.sawClose && this.#boundary.isBetweenFrames) {
      client.write(closeFrame(code, reason));
    }
    client.end();
    this.#upstream.end();
    this.#limitHalfOpen();
  }

  #watchEnds(): Promise<void> {
    const client = this.#client;
    const upstream = this.#upstream;
    for (const socket of [client, upstream]) {
      tune(socket);
      // A reset is an ordinary end of a connection; 'close' follows and does what is needed.
      socket.on('error', () => {});
    }
    upstream.once('end', () => this.close(1012, 'Realtime went away'));
    upstream.once('close', () => {
      this.close(1012, 'Realtime went away');
      // No upstream is left to answer the client's close frame.
      if (client.writableFinished) client.destroy();
      else client.once('finish', () => client.destroy());
    });
    client.once('end', () => {
      upstream.end();
      this.#limitHalfOpen();
    });
    client.once('close', () => upstream.destroy());
    return Promise.all([onceClosed(client), onceClosed(upstream)]).then(() => clearTimeout(this.#halfOpen));
  }

  #writeToClient(chunk: Buffer): boolean {
    this.#boundary.push(chunk);
    const mayContinue = this.#client.write(chunk);
    if (!mayContinue) this.#upstream.pause();
    return mayContinue;
  }

  /** Writes a chunk whose memory will be read into again: the upstream pauses until the kernel has accepted all of it. */
  #writeBorrowed(chunk: Buffer): boolean {
    this.#boundary.push(chunk);
    this.#client.write(chunk, () => this.#release());
    this.#isBorrowed = this.#client.writableLength > 0;
    return !this.#isBorrowed;
  }

  #release(): void {
    if (!this.#isBorrowed || this.#client.writableLength > 0) return;
    this.#isBorrowed = false;
    this.#upstream.resume();
  }

  #writeToUpstream(chunk: Buffer): void {
    if (!this.#upstream.write(chunk)) this.#client.pause();
  }

  #limitHalfOpen(): void {
    this.#halfOpen ??= setTimeout(() => {
      this.#client.destroy();
      this.#upstream.destroy();
    }, HALF_OPEN_MS).unref();
  }
}

function onceClosed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Sends small frames at once, and lets TCP detect a peer that disappeared. */
function tune(socket: Duplex): void {
  if ('setNoDelay' in socket && typeof socket.setNoDelay === 'function') socket.setNoDelay(true);
  if ('setKeepAlive' in socket && typeof socket.setKeepAlive === 'function') {
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') socket.setTimeout(0);
}
