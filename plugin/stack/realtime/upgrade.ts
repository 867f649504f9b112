import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { JwtVerifier } from '../jwt.ts';
import { requestUrl } from './request-url.ts';
import type { Realtime } from './server.ts';
import type { Serializer } from './protocol/messages.ts';
import { serializerV1 } from './protocol/v1.ts';
import { serializerV2 } from './protocol/v2.ts';
import { ClientSocket } from './connection/socket.ts';
import { TokenError, verifyToken } from './access/tokens.ts';

/** A handshake that is refused. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

// The gateway's rewrite, and the public path for those who speak to the service directly.
const PATHS = new Set(['/socket/websocket', '/socket/websocket/', '/realtime/v1/websocket']);

/** Answers upgrade requests: a new socket, or the refusal that Supabase Realtime gives (without its two seconds' wait). */
export class Upgrades {
  readonly #realtime: Realtime;
  readonly #server: WebSocketServer;
  #isClosed = false;

  constructor(realtime: Realtime) {
    this.#realtime = realtime;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: realtime.settings.maxFrameBytes,
      perMessageDeflate: false,
      // Text that is no UTF-8 is no JSON either and is ignored as such.
      skipUTF8Validation: true,
      // The original speaks no subprotocol and echoes none.
      handleProtocols: () => false,
    });
  }

  /** From now on nobody gets in, not even who is being checked. */
  close(): void {
    this.#isClosed = true;
  }

  async handle(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until ws takes over, a reset must not become an uncaught error.
    const ignore = (): void => {};
    socket.on('error', ignore);
    const handshake = await checkHandshake(req, this.#realtime.jwt);
    if ('status' in handshake) {
      refuse(socket, handshake);
      return;
    }
    if (this.#isClosed) socket.destroy();
    if (socket.destroyed) return;
    this.#server.handleUpgrade(req, socket, head, (webSocket) => {
      socket.off('error', ignore);
      const client = { ...handshake, headers: readHeaders(req) };
      this.#realtime.sockets.add(new ClientSocket(this.#realtime, webSocket, socket, client));
    });
  }
}

/** Checks path, version and token, in the order of the original. */
export async function checkHandshake(
  req: IncomingMessage,
  jwt: JwtVerifier,
): Promise<Refusal | { readonly serializer: Serializer; readonly token: string }> {
  const url = requestUrl(req);
  if (!url || !PATHS.has(url.pathname)) return plain(404, 'Not Found');
  const serializer = chooseSerializer(url.searchParams.get('vsn'));
  if (!serializer) return plain(403, '');
  const header = req.headers['x-api-key'];
  const token = typeof header === 'string' ? header : url.searchParams.get('apikey');
  if (token === null) return refusal('API key is missing');
  try {
    await verifyToken(jwt, token);
  } catch (error) {
    if (!(error instanceof TokenError)) return plain(500, 'Internal Server Error');
    return refusal(error.isExpired ? 'Token has expired' : error.message);
  }
  const version = req.headers['sec-websocket-version'];
  if (req.headers.upgrade !== undefined && version !== '13') {
    return plain(400, `'sec-websocket-version' header must equal '13', got ${JSON.stringify([version])}`);
  }
  return { serializer, token };
}

/** None means 1.0.0; patch versions do not matter. */
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

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
};

function refuse(socket: Duplex, { status, body, contentType }: Refusal): void {
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    'connection: close',
    'cache-control: max-age=0, private, must-revalidate',
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** Headers `x-…`, which policies can read as `request.headers`. */
function readHeaders(req: IncomingMessage): Record<string, string> {
  const entries = Object.entries(req.headers).filter(
    (entry): entry is [string, string] => entry[0].startsWith('x-') && typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}
