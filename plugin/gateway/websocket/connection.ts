import { connect, type Socket } from 'node:net';

/** Receives what an upstream sends; false pauses it. The chunk is valid only until the receiver returns. */
export type ChunkReceiver = (chunk: Buffer) => boolean;

const READ_BYTES = 64 * 1024;

/**
 * A TCP connection for a WebSocket that reads into one buffer again and again.
 *
 * A socket's ordinary reads allocate 64 KiB each time. In a process as large as Vite's, that memory comes fresh from the
 * system, page fault by page fault, and a stream of large messages costs twice the time.
 */
export class UpgradeConnection {
  readonly socket: Socket;
  #receiver: ChunkReceiver | undefined;

  constructor(address: { hostname: string; port: string | number }) {
    this.socket = connect({
      host: address.hostname,
      port: Number(address.port),
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BYTES),
        callback: (bytes, buffer) => {
          const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, bytes);
          if (this.#receiver) return this.#receiver(chunk);
          // Node's HTTP client reads the answer to the handshake, and keeps the bytes that follow it.
          this.socket.emit('data', Buffer.from(chunk));
          return true;
        },
      },
    });
  }

  /** Passes everything from now on to this function instead of emitting 'data'. */
  receive(receiver: ChunkReceiver): void {
    this.#receiver = receiver;
    this.socket.resume();
  }
}
