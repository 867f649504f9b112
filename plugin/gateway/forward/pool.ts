import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Client } from 'undici';
import { Connections } from './connections.ts';
import { isLoopbackHost } from '../caller/hosts.ts';

/**
 * Where to connect for a URL. A server on this machine is believed without a certificate that anybody signed: the
 * CLI's stack with `api.tls` makes its own, and whoever could listen there needs no such trick.
 */
export function connectOptions(url: URL): {
  hostname: string;
  port: string | number;
  rejectUnauthorized: boolean;
} {
  const hostname = unbracket(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? 443 : 80);
  return { hostname, port, rejectUnauthorized: !isLoopbackHost(hostname) };
}

/** Sockets want an IPv6 address without the brackets that a URL puts around it. */
function unbracket(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** The kept-open connections to upstreams. */
export interface UpstreamPool {
  /** For requests whose body is a stream. */
  agent(url: URL): HttpAgent;
  /** For all others; a promise only the first time. */
  connections(url: URL): Connections | Promise<Connections>;
  /** Closes all connections, also those in use. */
  close(): void;
}

// Shorter than any upstream's own (Kong and Node servers: 5 s and more), so that it is us who close, and no request
// is sent into a connection that is just going away.
const KEEP_IDLE_MS = 4_000;

export function createUpstreamPool(): UpstreamPool {
  const options = {
    keepAlive: true,
    maxFreeSockets: 256,
    timeout: KEEP_IDLE_MS,
    scheduling: 'lifo',
  } as const;
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  const selfSigned = new HttpsAgent({ ...options, rejectUnauthorized: false });
  const byUrl = new WeakMap<URL, Connections>();
  const byOrigin = new Map<string, Connections>();

  const connectionsTo = async (url: URL): Promise<Connections> => {
    // Loading it takes tens of milliseconds, which a user of the embedded stack need not spend.
    const { Client } = await import('undici');
    const { origin } = url;
    const { rejectUnauthorized } = connectOptions(url);
    const open = (): Client =>
      new Client(origin, {
        keepAliveTimeout: KEEP_IDLE_MS,
        // An upstream's own announcement may shorten that, not lengthen it.
        keepAliveMaxTimeout: KEEP_IDLE_MS,
        connect: { rejectUnauthorized },
      });
    const connections = byOrigin.get(origin) ?? new Connections(open);
    byOrigin.set(origin, connections);
    byUrl.set(url, connections);
    return connections;
  };

  return {
    agent({ protocol, hostname }) {
      if (protocol !== 'https:') return http;
      return isLoopbackHost(unbracket(hostname)) ? selfSigned : https;
    },
    connections: (url) => byUrl.get(url) ?? connectionsTo(url),
    close() {
      for (const agent of [http, https, selfSigned]) agent.destroy();
      for (const connections of byOrigin.values()) connections.close();
    },
  };
}
