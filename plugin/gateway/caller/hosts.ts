import { isIP } from 'node:net';

/** Which hosts (without port) belong to the server, by Vite's `server.allowedHosts`. */
export interface HostRules {
  /** Whether the server answers for it: Vite's rule against DNS rebinding. */
  readonly answersFor: (hostname: string) => boolean;
  /** Whether the developer listed it by name. */
  readonly lists: (hostname: string) => boolean;
}

/**
 * The server answers for IP addresses and localhost always, for names only when they are listed: an entry with a leading
 * dot lists all names below it. `true` answers for all names, but lists none.
 */
export function createHostRules(allowedHosts: true | readonly string[] = []): HostRules {
  const names = allowedHosts === true ? [] : allowedHosts.map((name) => name.toLowerCase());
  const lists = (hostname: string): boolean => {
    const host = hostname.toLowerCase();
    return names.some((name) =>
      name.startsWith('.') ? host === name.slice(1) || host.endsWith(name) : host === name,
    );
  };
  const answersFor = (hostname: string): boolean =>
    allowedHosts === true || isLocalName(hostname.toLowerCase()) || isIP(hostname) !== 0 || lists(hostname);
  return { answersFor, lists };
}

const HOST = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i;

/** The parts of a Host or `:authority` value; undefined when it is malformed. IPv6 addresses lose their brackets. */
export function parseHost(value: string): { hostname: string; port: string | undefined } | undefined {
  const match = HOST.exec(value);
  const hostname = match?.[1] ?? match?.[2];
  return hostname === undefined ? undefined : { hostname, port: match?.[3] };
}

/** `localhost` and the names below it, which always mean this machine. */
function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Whether this name or address can only mean this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return isLocalName(hostname.toLowerCase()) || isLoopbackAddress(hostname);
}

/** Whether a peer's address is this machine; IPv4 addresses also in their IPv6 form. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/i.test(address);
}

/** Whether an address belongs to a home or office network (RFC 1918, link-local, unique local). */
export function isPrivateAddress(address: string): boolean {
  if (isIP(address) === 6) return /^(?:f[cd]|fe[89ab])/i.test(address);
  const match = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(address);
  const [first, second] = [Number(match?.[1]), Number(match?.[2])];
  if (first === 172) return second >= 16 && second <= 31;
  return first === 10 || (first === 192 && second === 168) || (first === 169 && second === 254);
}
