// supabase/realtime v2.129.8 lib/realtime_web/channels/user_socket.ex
import type { IncomingMessage } from 'node:http';
import type { JwtVerifier } from '../../jwt.ts';
import type { Serializer } from '../protocol/messages.ts';
import { serializerV1 } from '../protocol/v1.ts';
import { serializerV2 } from '../protocol/v2.ts';
import { TokenError, tokenVerifier, type VerifyToken } from './tokens.ts';

/** A handshake that passed the checks. */
export interface Handshake {
  readonly serializer: Serializer;
  readonly token: string;
  /** Verifies every token that comes over this connection. */
  readonly verifyToken: VerifyToken;
}

/** The HTTP response to a refused handshake. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

// The path after the gateway's rewrite, and the public path for clients that connect to the service directly.
const PATHS = new Set(['/socket/websocket', '/socket/websocket/', '/realtime/v1/websocket']);

/** Checks path, version and token, in the order in which Realtime checks them. */
export async function checkHandshake(req: IncomingMessage, jwt: JwtVerifier): Promise<Refusal | Handshake> {
  const url = requestUrl(req);
  if (!url || !PATHS.has(url.pathname)) return plain(404, 'Not Found');
  const serializer = chooseSerializer(url.searchParams.get('vsn'));
  if (!serializer) return plain(403, '');
  const token = presentedToken(req, url);
  if (token === null) return refusal('API key is missing');
  const verifyToken = tokenVerifier(jwt, req.headers);
  try {
    await verifyToken(token);
  } catch (error) {
    if (!(error instanceof TokenError)) return plain(500, 'Internal Server Error');
    return refusal(error.reason === 'expired' ? 'Token has expired' : error.message);
  }
  const version = req.headers['sec-websocket-version'];
  if (req.headers.upgrade !== undefined && version !== '13') {
    return plain(400, `'sec-websocket-version' header must equal '13', got ${JSON.stringify([version])}`);
  }
  return { serializer, token, verifyToken };
}

/** The token of a handshake; null without one. */
export function presentedToken(req: IncomingMessage, url: URL): string | null {
  const header = req.headers['x-api-key'];
  return typeof header === 'string' ? header : url.searchParams.get('apikey');
}

/** Path and query of a request (the host is a placeholder); undefined when the request target is malformed. */
export function requestUrl(req: IncomingMessage): URL | undefined {
  const url = req.url ?? '/';
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined;
}

/** 1.0.0 by default; any patch version is accepted. */
function chooseSerializer(version: string | null): Serializer | undefined {
  if (version === null || /^1\.0\.\d+$/.test(version)) return serializerV1;
  return /^2\.0\.\d+$/.test(version) ? serializerV2 : undefined;
}

function plain(status: number, body: string): Refusal {
  return { status, body, contentType: 'text/plain; charset=utf-8' };
}

function refusal(error: string): Refusal {
  return { status: 401, body: JSON.stringify({ error }), contentType: 'application/json; charset=utf-8' };
}
