import type { Duplex } from 'node:stream';
import { closeFrame, FrameBoundary } from './frame-boundary.ts';
import type { UpgradeConnection } from './connection.ts';

/** A client's and an upstream's connection that carry one WebSocket. */
export interface SocketPair {
  /** Both connections are gone. */
  readonly closed: Promise<void>;
  /** Says goodbye to the client with this close code and ends both. */
  close(code: number, reason: string): void;
}

// How long one side may stay open after the other has ended: enough for a close frame's answer.
const HALF_OPEN_MS = 2_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * Joins two connections after the handshake. Backpressure goes through in both directions. When the upstream
 * vanishes without a close frame, the client gets one (1012, service restart) instead of a bare reset, as far as
 * the bytes sent so far allow it.
 *
 * @param connection of the upstream, where it lends its memory
 */
export function joinSockets(
  client: Duplex,
  clientHead: Buffer,
  upstream: Duplex,
  upstreamHead: Buffer,
  connection: UpgradeConnection | undefined,
): SocketPair {
  const boundary = new FrameBoundary();
  let halfOpen: NodeJS.Timeout | undefined;
  let open = 2;
  let resolveClosed: () => void;
  const closed = new Promise<void>((resolve) => (resolveClosed = resolve));

  const passToClient = (chunk: Buffer): boolean => {
    boundary.push(chunk);
    const mayGoOn = client.write(chunk);
    if (!mayGoOn) upstream.pause();
    return mayGoOn;
  };
  let isLent = false;
  const endLoan = (): void => {
    if (!isLent || client.writableLength > 0) return;
    isLent = false;
    upstream.resume();
  };
  /** The same for a chunk whose memory will be read into again: not before the system has taken it all. */
  const lendToClient = (chunk: Buffer): boolean => {
    boundary.push(chunk);
    client.write(chunk, endLoan);
    isLent = client.writableLength > 0;
    return !isLent;
  };
  const passToUpstream = (chunk: Buffer): void => {
    if (!upstream.write(chunk)) client.pause();
  };
  const close = (code: number, reason: string): void => {
    if (client.writable && !boundary.sawClose && boundary.isBetweenFrames)
      client.write(closeFrame(code, reason));
    client.end();
    upstream.end();
    halfOpen ??= setTimeout(destroyBoth, HALF_OPEN_MS).unref();
  };
  const destroyBoth = (): void => {
    client.destroy();
    upstream.destroy();
  };
  const countClosed = (): void => {
    if (--open > 0) return;
    clearTimeout(halfOpen);
    resolveClosed();
  };

  for (const socket of [client, upstream]) {
    tune(socket);
    // Resets are an ordinary way for a connection to end; 'close' follows and does what is needed.
    socket.on('error', () => {});
    socket.once('close', countClosed);
  }
  upstream.once('end', () => close(1012, 'Realtime went away'));
  upstream.once('close', () => {
    close(1012, 'Realtime went away');
    // Nobody is left to answer the client's close frame.
    if (client.writableFinished) client.destroy();
    else client.once('finish', () => client.destroy());
  });
  client.once('end', () => {
    upstream.end();
    halfOpen ??= setTimeout(destroyBoth, HALF_OPEN_MS).unref();
  });
  client.once('close', () => upstream.destroy());

  if (upstreamHead.length > 0) passToClient(upstreamHead);
  if (clientHead.length > 0) passToUpstream(clientHead);
  if (!connection) upstream.on('data', passToClient);
  // TLS is never done at once.
  else if ('encrypted' in client) connection.receive((chunk) => passToClient(Buffer.from(chunk)));
  else connection.receive(lendToClient);
  client.on('data', passToUpstream);
  client.on('drain', () => upstream.resume());
  upstream.on('drain', () => client.resume());
  return { closed, close };
}

/** Frames are small and wanted at once; a peer that vanished without a word is noticed by TCP. */
function tune(socket: Duplex): void {
  if ('setNoDelay' in socket && typeof socket.setNoDelay === 'function') socket.setNoDelay(true);
  if ('setKeepAlive' in socket && typeof socket.setKeepAlive === 'function') {
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') socket.setTimeout(0);
}
