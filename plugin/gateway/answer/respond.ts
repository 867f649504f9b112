import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { GatewayRefusal } from '../refusal.ts';

/** A response of either protocol. */
export type GatewayResponse = ServerResponse | Http2ServerResponse;

/** Answers with a refusal as JSON, unless the response has begun or its connection is closed. */
export function refuse(res: GatewayResponse, { status, body }: GatewayRefusal): void {
  if (res.headersSent || isGone(res)) return;
  const text = JSON.stringify(body);
  res.statusCode = status;
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', Buffer.byteLength(text));
  // Keeping the connection would mean reading a refused upload to its end.
  if (!isHttp2(res) && hasBody(res.req.headers)) res.setHeader('connection', 'close');
  res.end(text);
}

function hasBody(headers: { 'content-length'?: string; 'transfer-encoding'?: string }): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether the connection of the response is closed. */
export function isGone(res: GatewayResponse): boolean {
  return isHttp2(res) ? res.stream.destroyed : res.destroyed;
}

/** Aborts a response that has begun, so that the client does not mistake the part for the whole. */
export function abortResponse(res: GatewayResponse): void {
  // Destroying an HTTP/2 stream without an error would end it normally.
  if (isHttp2(res)) res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else res.destroy();
}

/** HTTP/2 has neither connection headers nor reason phrases. */
export function isHttp2(res: GatewayResponse): res is Http2ServerResponse {
  return res.req.httpVersionMajor === 2;
}
