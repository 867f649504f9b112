import { isAddress, isPublicAddress } from './address.ts';

/**
 * Hosts with ports, such as `127.0.0.1:4000`, that are allowed although they are not public, and a name server, for tests.
 * Not set otherwise.
 */
const TEST_SITES = new Set(Deno.env.get('OURCHAT_TEST_SITES')?.split(','));
const TEST_DNS = Deno.env.get('OURCHAT_TEST_DNS');

/** A connection to the server of a URL, closed when `signal` aborts. */
export type Connection = Pick<Deno.Conn, 'read' | 'write' | 'close'>;

/**
 * Connects to the server of a URL if it is a public one. A name is resolved once, and the connection goes to the address
 * that was checked: whoever answers the next question of the resolver otherwise (DNS rebinding) changes nothing.
 *
 * @throws Error for a URL that is not allowed, or a server that cannot be reached
 */
export async function connectTo(url: URL, signal: AbortSignal): Promise<Connection> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error('not a web address');
  if (url.username !== '' || url.password !== '') throw new Error('an address with a password');
  const isTestSite = TEST_SITES.has(url.host);
  // Other ports are for other services than public websites.
  if (url.port !== '' && !isTestSite) throw new Error('not a port of websites');
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isAddress(hostname) ? [hostname] : await resolve(hostname, signal);
  const [address] = addresses;
  if (address === undefined) throw new Error('no address');
  if (!isTestSite && !addresses.every(isPublicAddress)) throw new Error('not a public address');
  signal.throwIfAborted();
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port || (isSecure ? 443 : 80));
  const plain = await abortable(Deno.connect({ hostname: address, port }), signal);
  return isSecure ? abortable(Deno.startTls(plain, { hostname }), signal) : plain;
}

/** IPv4 first, which more servers answer. */
async function resolve(hostname: string, signal: AbortSignal): Promise<string[]> {
  const [ipAddr, port] = TEST_DNS?.split(':') ?? [];
  const nameServer = ipAddr === undefined ? undefined : { ipAddr, port: Number(port) };
  const ask = (type: 'A' | 'AAAA'): Promise<string[]> =>
    Deno.resolveDns(hostname, type, { signal, ...(nameServer && { nameServer }) }).catch(() => []);
  return (await Promise.all([ask('A'), ask('AAAA')])).flat();
}

/** The connection, unless `signal` aborts before; closed when it aborts later. */
async function abortable<T extends Connection>(connecting: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      connecting.then(closeConnection, () => {});
      reject(signal.reason as Error);
    });
  });
  aborted.catch(() => {});
  return Promise.race([connecting, aborted]);
}

/** Closes a connection that an abort may have closed already. */
export function closeConnection(connection: Connection): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}
