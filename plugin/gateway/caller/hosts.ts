import { isIP } from 'node:net';

/** Whether the server answers for this host (without port), by the rule of Vite's `server.allowedHosts`. */
export type HostCheck = (hostname: string) => boolean;

/**
 * Vite's rule against DNS rebinding: IP addresses and localhost always, names only when listed; an entry with a
 * leading dot allows all names below it, `true` allows all.
 */
export function createHostCheck(allowedHosts: true | readonly string[] = []): HostCheck {
  if (allowedHosts === true) return () => true;
  const names = allowedHosts.map((name) => name.toLowerCase());
  return (hostname) => {
    const host = hostname.toLowerCase();
    if (isLocalName(host) || isIP(host) !== 0) return true;
    return names.some((name) =>
      name.startsWith('.') ? host === name.slice(1) || host.endsWith(name) : host === name,
    );
  };
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
