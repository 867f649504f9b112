import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isLoopbackHost } from '../caller/hosts.ts';
import { MAX_HEADER_BYTES } from '../limits.ts';
import { Connections, type OpenClient } from './connections.ts';

/**
 * Where to connect for a URL, and how. Certificates are not verified for loopback hosts: the CLI's stack with `api.tls` signs its
 * own, and a program that can listen on loopback can do harm without a forged certificate.
 */
export function connectOptions(url: URL): {
  hostname: string;
  port: string | number;
  rejectUnauthorized: boolean;
  maxHeaderSize: number;
} {
  const hostname = unbracket(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? 443 : 80);
  const rejectUnauthorized = !isLoopbackHost(hostname);
  return { hostname, port, rejectUnauthorized, maxHeaderSize: MAX_HEADER_BYTES };
}

/** Sockets need an IPv6 address without the brackets that a URL puts around it. */
function unbracket(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

// Shorter than the keep-alive of any upstream (Kong and Node servers: 5 s and more), so that the gateway closes first
// and sends no request into a connection that the upstream is closing.
const KEEP_IDLE_MS = 4_000;

const AGENT_OPTIONS = {
  keepAlive: true,
  maxFreeSockets: 256,
  timeout: KEEP_IDLE_MS,
  scheduling: 'lifo',
} as const;

/** The kept-alive connections to upstreams. */
export class UpstreamPool {
  readonly #http = new HttpAgent(AGENT_OPTIONS);
  readonly #https = new HttpsAgent(AGENT_OPTIONS);
  readonly #selfSigned = new HttpsAgent({ ...AGENT_OPTIONS, rejectUnauthorized: false });
  readonly #byUrl = new WeakMap<URL, Connections>();
  readonly #byOrigin = new Map<string, Connections>();

  /** For requests whose body is a stream. */
  agent({ protocol, hostname }: URL): HttpAgent {
    if (protocol !== 'https:') return this.#http;
    return isLoopbackHost(unbracket(hostname)) ? this.#selfSigned : this.#https;
  }

  /** For all other requests; a promise only the first time. */
  connections(url: URL): Connections | Promise<Connections> {
    return this.#byUrl.get(url) ?? this.#connectionsTo(url);
  }

  /** Closes all connections, also those in use. */
  close(): void {
    for (const agent of [this.#http, this.#https, this.#selfSigned]) agent.destroy();
    for (const connections of this.#byOrigin.values()) connections.close();
  }

  async #connectionsTo(url: URL): Promise<Connections> {
    // Loading undici takes tens of milliseconds, which the embedded stack need not spend.
    const { buildConnector, Client } = await import('undici');
    const { origin } = url;
    const { rejectUnauthorized } = connectOptions(url);
    const connect = buildConnector({ rejectUnauthorized });
    const open: OpenClient = (onSocket) =>
      new Client(origin, {
        keepAliveTimeout: KEEP_IDLE_MS,
        // A Keep-Alive header of the upstream may shorten that, not lengthen it.
        keepAliveMaxTimeout: KEEP_IDLE_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        connect: (options, callback) =>
          connect(options, (...result) => {
            if (result[1]) onSocket(result[1]);
            callback(...result);
          }),
      });
    const connections = this.#byOrigin.get(origin) ?? new Connections(open);
    this.#byOrigin.set(origin, connections);
    this.#byUrl.set(url, connections);
    return connections;
  }
}
