import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { CONNECTION_HEADERS } from '../../shared/connection-headers.ts';
import { UpstreamTimeout } from '../answer/failures.ts';
import { writeUpgradeResponse } from '../answer/upgrade.ts';
import { SocketPair } from './socket-pair.ts';
import { UpgradeConnection } from './connection.ts';
import { connectOptions } from '../forward/pool.ts';

export interface ForwardedUpgrade {
  readonly url: URL;
  readonly path: string;
  /** Names and values alternating. */
  readonly headers: string[];
  /** Milliseconds until the upstream must have answered the handshake. */
  readonly timeout: number;
}

/**
 * How a handshake ended: `open`, connected to the upstream; `refused` by the upstream, and the client has its refusal;
 * `failed` before any answer, and the client still waits for one; `abandoned` by the client.
 */
export type UpgradeOutcome =
  | { kind: 'open'; pair: SocketPair }
  | { kind: 'refused'; status: number }
  | { kind: 'failed'; error: Error }
  | { kind: 'abandoned' };

/**
 * Performs the handshake with an upstream on behalf of a client and pipes the two connections into each other. The client
 * gets the upstream's answer: 101, or its refusal with status, headers and body.
 */
export function forwardUpgrade(socket: Duplex, head: Buffer, out: ForwardedUpgrade): Promise<UpgradeOutcome> {
  return new Promise((resolve) => {
    const { upstream, connection } = openUpstream(out);
    const abandon = (): void => {
      upstream.destroy();
      socket.destroy();
      resolve({ kind: 'abandoned' });
    };
    if (socket.destroyed) {
      abandon();
      return;
    }
    // Keep reading: a paused socket would not report that the client has disconnected. Clients should not send before
    // the 101; early bytes are buffered.
    const early = [head];
    let earlyBytes = 0;
    const collect = (chunk: Buffer): void => {
      early.push(chunk);
      earlyBytes += chunk.length;
      if (earlyBytes > MAX_EARLY_BYTES) socket.pause();
    };
    socket.on('data', collect);
    socket.once('end', abandon);
    socket.once('close', abandon);
    const stopListening = (): void => {
      socket.off('data', collect);
      socket.off('end', abandon);
      socket.off('close', abandon);
    };
    const settle = (outcome: UpgradeOutcome): void => {
      stopListening();
      resolve(outcome);
    };
    upstream.setTimeout(out.timeout, () => upstream.destroy(new UpstreamTimeout()));
    upstream.on('error', (error) => settle({ kind: 'failed', error }));
    upstream.once('response', (response) => {
      upstream.setTimeout(0);
      passRefusal(response, socket);
      settle({ kind: 'refused', status: response.statusCode ?? 502 });
    });
    upstream.once('upgrade', (response, upstreamSocket, upstreamHead) => {
      upstream.setTimeout(0);
      upstreamSocket.setTimeout(0);
      writeUpgradeResponse(socket, 101, 'Switching Protocols', response.rawHeaders);
      stopListening();
      const clientHead = Buffer.concat(early);
      const pair = new SocketPair({
        client: socket,
        clientHead,
        upstream: upstreamSocket,
        upstreamHead,
        connection,
      });
      settle({ kind: 'open', pair });
    });
    upstream.end();
  });
}

const MAX_EARLY_BYTES = 64 * 1024;

function openUpstream(out: ForwardedUpgrade): {
  upstream: ClientRequest;
  connection: UpgradeConnection | undefined;
} {
  const { path, headers } = out;
  const options = connectOptions(out.url);
  if (out.url.protocol === 'https:') {
    // A WebSocket's connection never returns to HTTP, so there is nothing to pool.
    return { upstream: requestHttps({ agent: false, ...options, path, headers }), connection: undefined };
  }
  const connection = new UpgradeConnection(options);
  return {
    upstream: requestHttp({ ...options, createConnection: () => connection.socket, path, headers }),
    connection,
  };
}

function passRefusal(response: IncomingMessage, socket: Duplex): void {
  const raw = response.rawHeaders;
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!CONNECTION_HEADERS.has(name.toLowerCase())) headers.push(name, raw[i + 1] ?? '');
  }
  writeUpgradeResponse(socket, response.statusCode ?? 502, response.statusMessage ?? '', headers);
  // Without a Content-Length, the end of the connection ends the body.
  response.pipe(socket);
  response.on('error', () => socket.destroy());
  socket.once('close', () => response.destroy());
}
