import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { ALLOWED_ROLES_HEADER } from '../../shared/allowed-roles.ts';
import { isObject, parseJson } from '../../shared/json.ts';
import { checkHandshake, presentedToken, requestUrl, type Refusal } from './access/handshake.ts';
import { CHANNEL_CRASH } from './connection/channel.ts';
import { SocketTap } from './connection/socket-tap.ts';
import { ClientSocket } from './connection/socket.ts';
import { dispatch } from './events/dispatch.ts';
import type { Realtime } from './server.ts';

/** Answers upgrade requests: with a new socket, or with Realtime's refusal (without its delay of two seconds). */
export class Upgrades {
  readonly #realtime: Realtime;
  readonly #server: WebSocketServer;
  #isClosed = false;
  #accepted = 0;

  constructor(realtime: Realtime) {
    this.#realtime = realtime;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: realtime.settings.maxFrameBytes,
      perMessageDeflate: false,
      // Text that is not UTF-8 is not JSON either, and is ignored as such.
      skipUTF8Validation: true,
      // Realtime supports no subprotocol and echoes none.
      handleProtocols: () => false,
    });
  }

  /** Accepts no further sockets, including those whose handshake is still being checked. */
  close(): void {
    this.#isClosed = true;
  }

  #report(req: IncomingMessage, { status, body }: Refusal): void {
    const { observations } = this.#realtime;
    if (!observations.isActive) return;
    const url = requestUrl(req);
    const token = (url && presentedToken(req, url)) ?? undefined;
    const json = parseJson(body);
    const reason = isObject(json) && typeof json.error === 'string' ? json.error : body;
    observations.emit({ kind: 'realtime', event: 'handshake-refused', status, reason, token });
  }

  async handle(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until ws takes over, a reset must not become an uncaught error.
    const ignore = (): void => {};
    socket.on('error', ignore);
    const handshake = await checkHandshake(req, this.#realtime.jwt);
    if ('status' in handshake) {
      refuse(socket, handshake);
      this.#report(req, handshake);
      return;
    }
    if (this.#isClosed) socket.destroy();
    if (socket.destroyed) return;
    this.#server.handleUpgrade(req, socket, head, (webSocket) => {
      socket.off('error', ignore);
      const realtime = this.#realtime;
      const client = new ClientSocket(
        webSocket,
        socket,
        { ...handshake, headers: readHeaders(req) },
        {
          onMessage: (message) => dispatch(realtime, client, message),
          onError: (error, message) => {
            realtime.reportFailure(error);
            // Like a crash of the channel's process in Realtime: the socket and its other channels stay.
            if (message) client.channels.get(message.topic)?.fail(CHANNEL_CRASH);
          },
          onClose: () => realtime.sockets.delete(client),
          tap: new SocketTap(realtime.observations.frames, handshake.serializer, ++this.#accepted),
        },
      );
      realtime.sockets.add(client);
    });
  }
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
    (entry): entry is [string, string] =>
      entry[0].startsWith('x-') && entry[0] !== ALLOWED_ROLES_HEADER && typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}
