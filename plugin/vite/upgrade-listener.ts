import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { attachUpgrades, type UpgradeServer } from '../gateway/listen.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { refuseUpgrade } from '../gateway/answer/respond.ts';

/** The upgrades of the server that Vite runs in. */
export interface UpgradeTaker {
  readonly isAttached: boolean;
  /** As `Gateway.handleUpgrade`; a socket that comes twice, from a listener of the app's own too, is taken once. */
  handle(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Takes the upgrades of Vite's own server, or of one that was given to Vite. */
  attach(server: UpgradeServer): void;
  /** Takes those of the server that a request came from: in middleware mode nobody else tells which it is. */
  attachToServerOf(req: IncomingMessage): void;
  detach(): void;
}

/** @param exclusive as of `attachUpgrades` */
export function takeUpgrades(gateway: Gateway, exclusive: boolean): UpgradeTaker {
  const taken = new WeakSet<Duplex>();
  let detach: (() => void) | undefined;

  const handle: UpgradeTaker['handle'] = (req, socket, head) => {
    if (taken.has(socket)) return true;
    const isTaken = gateway.handleUpgrade(req, socket, head);
    if (isTaken) taken.add(socket);
    return isTaken;
  };
  const attach = (server: UpgradeServer): void => {
    detach = attachUpgrades(server, { handleUpgrade: handle }, { exclusive });
  };

  return {
    get isAttached() {
      return detach !== undefined;
    },
    handle,
    attach,
    attachToServerOf(req) {
      const { server } = req.socket as { server?: unknown };
      if (!(server instanceof EventEmitter)) return;
      const others = server.listenerCount('upgrade');
      attach(server);
      const stop = detach;
      // Without any listener Node answers an upgrade as a plain request; with ours alone it would never be answered.
      const answerOthers = (_req: IncomingMessage, socket: Duplex): void => {
        if (taken.has(socket) || server.listenerCount('upgrade') > ours) return;
        socket.on('error', () => {});
        refuseUpgrade(socket, 404, { message: 'no WebSocket is served at this path' });
      };
      server.on('upgrade', answerOthers);
      const ours = server.listenerCount('upgrade') - others;
      detach = () => {
        stop?.();
        server.off('upgrade', answerOthers);
      };
    },
    detach: () => detach?.(),
  };
}
