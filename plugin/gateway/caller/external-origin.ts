import { networkInterfaces } from 'node:os';
import { isLoopbackHost } from './hosts.ts';

/** An origin by its parts; `host` has the port where the client wrote one. */
export interface Origin {
  readonly host: string;
  readonly proto: 'http' | 'https';
  readonly port: string;
}

/**
 * Whether links for other people may use the host of a request that this machine did not send: a name of this machine or
 * an address that it has, with the server's own port. Anybody can write any address into the Host header.
 *
 * @param localPort of the socket
 */
export function isOwnHost(hostname: string, port: string, localPort: number | undefined): boolean {
  if (port !== String(localPort)) return false;
  return isLoopbackHost(hostname) || ownAddresses().has(hostname.toLowerCase());
}

const REMEMBER_MS = 5_000;
let known: { readonly addresses: ReadonlySet<string>; readonly until: number } = {
  addresses: new Set(),
  until: 0,
};

/** The addresses of this machine's interfaces, which change when it moves to another network. */
function ownAddresses(): ReadonlySet<string> {
  const now = performance.now();
  if (now > known.until) {
    const entries = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = new Set(entries.map(({ address }) => address.toLowerCase()));
    known = { addresses, until: now + REMEMBER_MS };
  }
  return known.addresses;
}
