import { isIP } from 'node:net';
import type { PreviewServer, ViteDevServer } from 'vite';
import { isLoopbackHost } from '../gateway/caller/hosts.ts';

/**
 * Whether other machines can reach the server, or are meant to: it listens beyond loopback (`--host`, `server.host`), or
 * answers for names (`allowedHosts`), which is what tunnels need.
 */
export function isExposed(server: ViteDevServer | PreviewServer): boolean {
  const { host, allowedHosts } = 'environments' in server ? server.config.server : server.config.preview;
  if (host === true || (typeof host === 'string' && !isLoopbackHost(host))) return true;
  // Vite adds the addresses of server.host and preview.host to the list.
  const isForOthers = (name: string): boolean => !isLoopbackHost(name) && isIP(name) === 0;
  return allowedHosts === true || (allowedHosts ?? []).some(isForOthers);
}
