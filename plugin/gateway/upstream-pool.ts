import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isLoopbackHost } from './hosts.ts';

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
  agent(url: URL): HttpAgent;
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
  return {
    agent({ protocol, hostname }) {
      if (protocol !== 'https:') return http;
      return isLoopbackHost(unbracket(hostname)) ? selfSigned : https;
    },
    close() {
      for (const agent of [http, https, selfSigned]) agent.destroy();
    },
  };
}
