import type { GatewayKeys, GatewayTarget, UrlUpstream } from '../gateway/target.ts';
import type { Logger } from '../shared/logger.ts';
import { SupabaseDevError } from '../shared/errors.ts';
import type { Backend } from './backend.ts';
import { allThrough, createDirectUpstream } from './local.ts';
import { createRealtimeRoute, type RealtimeRoute } from './realtime-route.ts';
import type { RealtimeMode } from './settings.ts';

export interface RemoteBackendOptions {
  readonly url: URL;
  readonly reason: string;
  readonly keys: GatewayKeys;
  readonly realtime: RealtimeMode;
  /** Of Realtime itself; only a self-hosted Supabase has such an address. */
  readonly realtimeUrl: URL | undefined;
  readonly logger: Logger;
}

/**
 * A hosted or self-hosted Supabase anywhere. It is believed to be there.
 *
 * @throws SupabaseDevError OPTION_INVALID for a direct way to Realtime without an address
 */
export function createRemoteBackend(options: RemoteBackendOptions): Backend {
  const { url, reason, keys, realtimeUrl } = options;
  if (options.realtime === 'direct' && !realtimeUrl) {
    throw new SupabaseDevError('OPTION_INVALID', 'realtime: "direct" needs the address of Realtime', {
      hint: 'Set REALTIME_PROXY_DIRECT_TARGET, or use realtime: "gateway" (hosted projects have no other way).',
    });
  }
  const gateway: UrlUpstream = { kind: 'url', url, speaks: 'gateway', host: url.host };
  const route: RealtimeRoute | undefined =
    realtimeUrl &&
    createRealtimeRoute({
      mode: options.realtime,
      direct: createDirectUpstream(realtimeUrl),
      directIsExplicit: true,
      gateway,
      jwt: keys.anonKey,
      logger: options.logger,
    });
  const target: GatewayTarget = { keys, upstreams: allThrough(gateway), websocket: route };
  return {
    kind: 'remote',
    reason,
    target: () => target,
    describe: () => [
      { label: 'Supabase', value: `remote project at ${url.origin}; its data is real` },
      ...(route ? [{ label: 'Realtime', value: route.describe() }] : []),
    ],
    async close() {
      await route?.settled();
    },
  };
}
