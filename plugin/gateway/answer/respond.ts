import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';

/** A response of either protocol. */
export type GatewayResponse = ServerResponse | Http2ServerResponse;

/** An error of the gateway itself, as JSON. */
export interface GatewayError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Answers with JSON, unless the response has begun or its connection is gone. */
export function respondJson(
  res: GatewayResponse,
  status: number,
  body: GatewayError | Readonly<Record<string, string>>,
): void {
  if (res.headersSent || isGone(res)) return;
  const text = JSON.stringify(body);
  res.statusCode = status;
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', Buffer.byteLength(text));
  // A refused upload is not worth reading to its end, which keeping the connection would mean.
  if (!isHttp2(res) && hasBody(res.req.headers)) res.setHeader('connection', 'close');
  res.end(text);
}

function hasBody(headers: { 'content-length'?: string; 'transfer-encoding'?: string }): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether nobody can be answered any more. */
export function isGone(res: GatewayResponse): boolean {
  return isHttp2(res) ? res.stream.destroyed : res.destroyed;
}

/** Breaks a begun response off, so that the client does not take the part for the whole. */
export function breakOff(res: GatewayResponse): void {
  // Destroying an HTTP/2 stream without an error would end it as if all were well.
  if (isHttp2(res)) res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else res.destroy();
}

/** HTTP/2 knows no connection headers and no reason phrases. */
export function isHttp2(res: GatewayResponse): res is Http2ServerResponse {
  return res.req.httpVersionMajor === 2;
}

/** Answers an upgrade request with an HTTP error, before any WebSocket exists, and ends the connection. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  body: GatewayError | Readonly<Record<string, string>>,
): void {
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
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  508: 'Loop Detected',
};
