import type { IncomingMessage } from 'node:http';
import { decodeClaims } from '../caller/access-token.ts';
import type { GatewayCaller } from '../caller/caller.ts';
import { forwardedHeaders } from '../forward/headers.ts';
import type { GatewayRoute } from '../routes.ts';

/** What a WebSocket handshake needs. No other header of the browser is passed on, above all no cookie. */
const PASSED_ON = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol', 'user-agent'];

// The CLI's Realtime refuses request headers above 4,096 bytes; the rest is for the request line.
const MAX_HEADER_BYTES = 4_000;

export interface Handshake {
  readonly route: GatewayRoute;
  readonly caller: GatewayCaller;
  /** The key for Realtime: a JWT, or what the caller sent if that could not be translated. */
  readonly apikey: string | undefined;
  /** The session's access token, used instead of the key where it fits. */
  readonly userToken: string | undefined;
  /** The Via header, with this gateway. */
  readonly via: string;
}

/**
 * The headers of a handshake with Realtime, names and values alternating. Realtime prefers `x-api-key` to the query's
 * `apikey`; a user's token there becomes the token of every channel that is joined without one.
 */
export function buildUpgradeHeaders(
  req: IncomingMessage,
  path: string,
  handshake: Handshake,
  host: string,
): string[] {
  const headers = ['host', host, 'connection', 'Upgrade', 'upgrade', 'websocket'];
  for (const name of PASSED_ON) {
    const value = req.headers[name];
    if (typeof value === 'string') headers.push(name, value.slice(0, 512));
  }
  for (const [name, value] of forwardedHeaders(handshake.caller, handshake.route)) headers.push(name, value);
  headers.push('via', handshake.via);
  const { apikey, userToken } = handshake;
  const fits = userToken !== undefined && sizeOf(headers) + path.length + userToken.length < MAX_HEADER_BYTES;
  const token = fits ? userToken : apikey;
  // An opaque key for another API gateway must not go here, where Realtime would parse it as a JWT.
  if (token && decodeClaims(token)) headers.push('x-api-key', token);
  return headers;
}

function sizeOf(headers: readonly string[]): number {
  // Each name and each value is followed by two bytes: a colon and a space, or a line end.
  return headers.reduce((size, part) => size + part.length + 2, 0);
}
