import { connect, type Socket } from 'node:net';

/** Takes what an upstream sends; false pauses it. The chunk is valid only until it returns. */
export type Receiver = (chunk: Buffer) => boolean;

/**
 * A TCP connection for a WebSocket that reads into one buffer again and again.
 *
 * A socket's ordinary reads allocate 64 KiB each time. In a process with as much in it as Vite's, that memory comes
 * fresh from the system, page fault by page fault, and a stream of large messages costs twice the time.
 */
export interface UpgradeConnection {
  readonly socket: Socket;
  /** Hands all that follows to this function instead of emitting it as 'data'. */
  receive(receiver: Receiver): void;
}

const READ_BYTES = 64 * 1024;

export function openUpgradeConnection(address: {
  hostname: string;
  port: string | number;
}): UpgradeConnection {
  let receiver: Receiver | undefined;
  const socket = connect({
    host: address.hostname,
    port: Number(address.port),
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback(bytes, buffer) {
        const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, bytes);
        if (receiver) return receiver(chunk);
        // Node's HTTP client reads the answer to the handshake, and keeps what follows it.
        socket.emit('data', Buffer.from(chunk));
        return true;
      },
    },
  });
  return {
    socket,
    receive(next) {
      receiver = next;
      socket.resume();
    },
  };
}
