import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Gateway } from '../gateway/gateway.ts';
import { addUpgradeListener, type SharedServer } from '../gateway/listen.ts';

/** Listens for the upgrades of the server that Vite runs in. */
export class UpgradeListener {
  readonly #gateway: Gateway;
  readonly #claimed = new WeakSet<Duplex>();
  #remove: (() => void) | undefined;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  get isListening(): boolean {
    return this.#remove !== undefined;
  }

  /** As `Gateway.handleUpgrade`. A socket may come twice, through a listener of the app too; it is handled once. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (this.#claimed.has(socket)) return true;
    const isOurs = this.#gateway.handleUpgrade(req, socket, head);
    if (isOurs) this.#claimed.add(socket);
    return isOurs;
  }

  /** Listens to Vite's own server, or to one that Vite was given. */
  listenTo(server: SharedServer): void {
    this.#remove = addUpgradeListener(server, this);
  }

  /** Listens to the server that a request came from: in middleware mode nothing else identifies it. */
  listenToServerOf(req: IncomingMessage): void {
    const { server } = req.socket as { server?: unknown };
    if (server instanceof EventEmitter) this.listenTo(server);
  }

  stop(): void {
    this.#remove?.();
  }
}
