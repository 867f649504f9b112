import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from '../gateway/answer/upgrade.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { addUpgradeListener, type SharedServer } from '../gateway/listen.ts';
import type { GatewayRefusal } from '../gateway/refusal.ts';

const NO_WEBSOCKET_HERE: GatewayRefusal = {
  status: 404,
  body: { message: 'no WebSocket is served at this path' },
};

/** Listens for the upgrades of the server that Vite runs in. */
export class UpgradeListener {
  readonly #gateway: Gateway;
  readonly #exclusive: boolean;
  readonly #claimed = new WeakSet<Duplex>();
  #remove: (() => void) | undefined;

  /** @param exclusive see `addUpgradeListener` */
  constructor(gateway: Gateway, exclusive: boolean) {
    this.#gateway = gateway;
    this.#exclusive = exclusive;
  }

  get isListening(): boolean {
    return this.#remove !== undefined;
  }

  /** As `Gateway.handleUpgrade`. A socket may come twice, through a listener of the app too; it is handled once. */
  handle(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (this.#claimed.has(socket)) return true;
    const isOurs = this.#gateway.handleUpgrade(req, socket, head);
    if (isOurs) this.#claimed.add(socket);
    return isOurs;
  }

  /** Listens to Vite's own server, or to one that Vite was given. */
  listenTo(server: SharedServer): void {
    const handler = {
      handleUpgrade: (...upgrade: Parameters<Gateway['handleUpgrade']>) => this.handle(...upgrade),
    };
    this.#remove = addUpgradeListener(server, handler, { exclusive: this.#exclusive });
  }

  /** Listens to the server that a request came from: in middleware mode nothing else identifies it. */
  listenToServerOf(req: IncomingMessage): void {
    const { server } = req.socket as { server?: unknown };
    if (!(server instanceof EventEmitter)) return;
    const others = server.listenerCount('upgrade');
    this.listenTo(server);
    const remove = this.#remove;
    // Without any listener Node answers an upgrade as a plain request; with ours alone it would never be answered.
    const refuseOthers = (_req: IncomingMessage, socket: Duplex): void => {
      if (this.#claimed.has(socket) || server.listenerCount('upgrade') > ours) return;
      socket.on('error', () => {});
      refuseUpgrade(socket, NO_WEBSOCKET_HERE);
    };
    server.on('upgrade', refuseOthers);
    const ours = server.listenerCount('upgrade') - others;
    this.#remove = () => {
      remove?.();
      server.off('upgrade', refuseOthers);
    };
  }

  stop(): void {
    this.#remove?.();
  }
}
