import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Answer } from './answers.ts';
import { callHeaders } from './call.ts';
import type { WorkerAddress } from './worker-address.ts';

/**
 * Passes an upgrade to a worker, whose answer is the handshake, and joins the two sockets; resolves when either has
 * closed.
 */
export function upgrade(
  req: IncomingMessage,
  client: Duplex,
  head: Buffer,
  address: WorkerAddress,
): Promise<void> {
  const { socketPath, port = 0 } = address;
  const worker = socketPath === undefined ? connect(port, '127.0.0.1') : connect(socketPath);
  return new Promise((resolve) => {
    const close = (): void => {
      client.destroy();
      worker.destroy();
      resolve();
    };
    for (const socket of [client, worker]) socket.on('error', close).once('close', close);
    worker.once('connect', () => {
      worker.write(requestHead(req, address));
      if (head.length > 0) worker.write(head);
      client.pipe(worker);
      worker.pipe(client);
    });
  });
}

/** Answers an upgrade with an ordinary response. */
export function refuseUpgrade(socket: Duplex, { status, headers, body }: Answer): void {
  if (socket.destroyed) return;
  const lines = Object.entries({
    ...headers,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${text}\r\n${body}`);
}

function requestHead(req: IncomingMessage, address: WorkerAddress): string {
  const headers = [...callHeaders(req, address), 'connection', 'Upgrade', 'upgrade', 'websocket'];
  let text = `GET ${req.url} HTTP/1.1\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
