import type { GatewayKeys, GatewayTarget, UpstreamName, UrlUpstream } from '../gateway/target.ts';
import type { Logger } from '../shared/logger.ts';
import type { Backend } from './backend.ts';
import { createRealtimeRoute } from './realtime-route.ts';
import type { RealtimeMode } from './settings.ts';

export interface LocalBackendOptions {
  /** Of the API gateway (the CLI's Kong). */
  readonly url: URL;
  readonly reason: string;
  readonly keys: GatewayKeys;
  readonly realtime: RealtimeMode;
  /** Of Realtime itself, where the developer named it. */
  readonly realtimeUrl: URL | undefined;
  readonly logger: Logger;
}

/** Where the CLI's Realtime listens when its port is published. */
const DEFAULT_REALTIME_URL = 'http://127.0.0.1:4000';

/** The Supabase CLI's stack: HTTP through its API gateway, WebSockets past it where that is possible. */
export function createLocalBackend(options: LocalBackendOptions): Backend {
  const { url, reason, keys, logger } = options;
  // The client's own Host reaches the services, which make links and check S3 signatures with it.
  const gateway: UrlUpstream = { kind: 'url', url, speaks: 'gateway', host: 'client' };
  const directUrl = options.realtimeUrl ?? new URL(DEFAULT_REALTIME_URL);
  const route = createRealtimeRoute({
    mode: options.realtime,
    direct: createDirectUpstream(directUrl),
    directIsExplicit: options.realtimeUrl !== undefined,
    gateway,
    jwt: keys.anonKey,
    logger,
  });
  const target: GatewayTarget = { keys, upstreams: allThrough(gateway), websocket: route };
  return {
    kind: 'local',
    reason,
    target: () => target,
    describe: () => [
      { label: 'Supabase', value: `local stack at ${url.origin}` },
      { label: 'Realtime', value: route.describe() },
    ],
    async close() {
      await route.settled();
    },
  };
}

/**
 * Realtime without an API gateway. It finds the tenant in the first label of the Host, and the tenant of the CLI's
 * and of self-hosted stacks is `realtime-dev`.
 */
export function createDirectUpstream(url: URL): UrlUpstream {
  const host = url.hostname.startsWith('realtime-dev.') ? url.host : `realtime-dev.${url.host}`;
  return { kind: 'url', url, speaks: 'service', host };
}

/** All services behind one API gateway. */
export function allThrough(gateway: UrlUpstream): Readonly<Partial<Record<UpstreamName, UrlUpstream>>> {
  return { auth: gateway, rest: gateway, realtime: gateway, storage: gateway, functions: gateway };
}
