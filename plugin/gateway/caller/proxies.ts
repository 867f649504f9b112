import type { IncomingHttpHeaders } from 'node:http';
import { isLoopbackHost } from './hosts.ts';

/**
 * Headers that proxies and tunnels add. Those of Cloudflare, Fly and Azure have their own prefixes; most others end with
 * what they name: `x-real-ip`, `true-client-ip`, `x-envoy-external-address`.
 */
const PROXY_HEADER =
  /^(?:via|cdn-loop|.*\bforwarded\b.*|x-original-.*|cf-.*|fly-.*|x-azure-.*|.*(?:client|real|remote|connecting|source|user|origin|originating|external|socket)-?(?:ip|ipv6|addr|address))$/;

/** They name how the proxy was reached, and not who asks. */
const WITHOUT_CLIENT = new Set([
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-scheme',
  'x-forwarded-ssl',
]);

/**
 * Whether a request came through a proxy or a tunnel that may speak for another machine.
 *
 * A proxy on this machine is fine when every header of it names this machine throughout: proxies append to lists, so that
 * their first entries are the client's own text.
 */
export function isFromProxy(headers: IncomingHttpHeaders): boolean {
  let namesClient = false;
  let needsClient = false;
  for (const name in headers) {
    if (!isProxyHeader(name)) continue;
    if (WITHOUT_CLIENT.has(name)) needsClient = true;
    else {
      if (!namesThisMachine(name, String(headers[name]))) return true;
      namesClient = true;
    }
  }
  return needsClient && !namesClient;
}

const MAX_KNOWN = 500;
const known = new Map<string, boolean>();

/** Remembers the verdict: the same few names come with every request. */
function isProxyHeader(name: string): boolean {
  let verdict = known.get(name);
  if (verdict === undefined) {
    verdict = PROXY_HEADER.test(name);
    if (known.size < MAX_KNOWN) known.set(name, verdict);
  }
  return verdict;
}

function namesThisMachine(name: string, value: string): boolean {
  const entries = value.split(name === 'forwarded' ? /[,;]/ : ',');
  return entries.every((entry) => {
    const text = entry.trim();
    if (name !== 'forwarded') return isLoopbackEntry(text);
    return /^proto=/i.test(text) || isLoopbackEntry(text.replace(/^(?:for|by|host)=/i, ''));
  });
}

/** An address or a host: `127.0.0.1`, `"[::1]:4711"`, `localhost:5173`. */
function isLoopbackEntry(entry: string): boolean {
  const text = entry.replace(/^"(.*)"$/, '$1');
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1];
  if (bracketed !== undefined) return isLoopbackHost(bracketed);
  return isLoopbackHost(/^([^:]+):\d+$/.exec(text)?.[1] ?? text);
}

/** The client that the nearest proxy names: the last entry, which it added itself. */
export function forwardedAddress(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['x-forwarded-for'];
  const text = Array.isArray(value) ? value.join(',') : value;
  return text?.split(',').at(-1)?.trim() || undefined;
}
