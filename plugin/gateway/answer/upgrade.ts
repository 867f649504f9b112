import type { Duplex } from 'node:stream';
import type { GatewayRefusal } from '../refusal.ts';

/** Answers an upgrade request with an HTTP error, before any WebSocket exists, and ends the connection. */
export function refuseUpgrade(socket: Duplex, { status, body }: GatewayRefusal): void {
  const text = JSON.stringify(body);
  writeUpgradeResponse(socket, status, REASONS[status] ?? 'Error', [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(text)),
  ]);
  socket.end(text);
}

/** Writes the head of an HTTP answer to an upgrade request; `headers` alternates names and values. */
export function writeUpgradeResponse(
  socket: Duplex,
  status: number,
  reason: string,
  headers: readonly string[],
): void {
  let head = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (status !== 101) head += 'Connection: close\r\n';
  socket.write(`${head}\r\n`);
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  426: 'Upgrade Required',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  508: 'Loop Detected',
};
