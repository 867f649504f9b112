import type { Socket } from 'node:net';

const WAIT_MS = 1_000;
const patched = new WeakSet<Socket>();

/**
 * Keeps a connection open for reading after a write has failed.
 *
 * A server may answer an upload early, such as with 413, and close. Its answer is in our receive buffer then, but the next
 * write fails first, for which Node destroys the connection.
 */
export function readAfterFailedWrite(socket: Socket): void {
  if (patched.has(socket)) return;
  patched.add(socket);
  const destroy = socket.destroy.bind(socket);
  let isWaiting = false;
  socket.destroy = (error?: Error): Socket => {
    if (isWaiting || !isFailedWrite(error) || socket.readableEnded) return destroy(error);
    isWaiting = true;
    letRead(socket);
    const timer = setTimeout(() => destroy(error), WAIT_MS);
    socket.once('end', () => destroy());
    socket.once('close', () => clearTimeout(timer));
    return socket;
  };
}

/** The error of a write also stops reading, by this property of the stream's state. */
function letRead(socket: Socket): void {
  const { _readableState: state } = socket as unknown as { _readableState?: { errored: Error | null } };
  if (state) state.errored = null;
}

function isFailedWrite(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write';
}
