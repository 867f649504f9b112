import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A server that parses HTTP/1 from a connection of its own events; Node's HTTP, HTTPS and HTTP/2 servers. */
interface ConnectionServer {
  emit(event: string, ...args: unknown[]): boolean;
}

/** Whether a request asks for a WebSocket. Any other upgrade, such as `h2c`, may be ignored (RFC 9110, 7.8). */
export function isWebsocketUpgrade({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.trim().toLowerCase() === 'websocket';
}

/**
 * Answers an upgrade request as if it had asked for no upgrade: the server parses it again, without the headers that ask.
 *
 * Node has handed the connection over and parses no more of it, so that a body, and the requests that follow on the same
 * connection, need a parser of the server.
 */
export function answerAsRequest(
  server: ConnectionServer,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`];
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] ?? '';
    const value = req.rawHeaders[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'upgrade' || lower === 'http2-settings') continue;
    lines.push(`${name}: ${lower === 'connection' ? withoutUpgrade(value) : value}`);
  }
  const text = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  socket.unshift(Buffer.concat([text, head]));
  server.emit('encrypted' in socket ? 'secureConnection' : 'connection', socket);
}

/** Names of headers for this connection only. */
function withoutUpgrade(connection: string): string {
  const names = connection.split(',').map((name) => name.trim());
  return names.filter((name) => !/^(?:upgrade|http2-settings)$/i.test(name)).join(', ');
}
