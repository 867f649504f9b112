import type { GatewayKeys, GatewayTarget, UrlUpstream } from '../gateway/target.ts';
import type { Logger } from '../shared/logger.ts';
import { Observations } from '../shared/observations.ts';
import type { Backend, BannerLine } from './backend.ts';
import { observeUpstream } from './explain-upstream.ts';
import { createDirectUpstream, RealtimeRoute } from './realtime-route.ts';
import type { RealtimeMode } from './settings.ts';
import type { UpstreamDatabase } from './upstream-database.ts';

/** A Supabase at a URL: the CLI's stack or a remote project. */
export interface UrlBackendOptions {
  /** URL of the API gateway. */
  readonly url: URL;
  readonly reason: string;
  readonly keys: GatewayKeys;
  readonly realtime: RealtimeMode;
  /** URL of Realtime itself, where the developer set one. */
  readonly realtimeUrl: URL | undefined;
  readonly logger: Logger;
}

/** Where the kinds of URL backends differ. */
interface UrlBackendKind {
  readonly kind: 'local' | 'remote';
  /** The Host header for the API gateway. */
  readonly host: UrlUpstream['host'];
  /** URL of Realtime itself; undefined when there is no direct path to it. */
  readonly directUrl: URL | undefined;
  /** Whether a valid token belongs to a session of this Supabase; undefined where its signature is enough. */
  readonly knowsSession: GatewayTarget['knowsSession'];
  /** For the banner. */
  readonly label: string;
  /** URL of its own Studio; undefined where it is unknown. */
  readonly studioUrl: string | undefined;
  /** The database behind it; undefined where there is no way to it. */
  readonly database?: UpstreamDatabase;
}

/** A backend whose services are all behind one API gateway, with Realtime's WebSocket past it where that is possible. */
export function createUrlBackend(options: UrlBackendOptions, kind: UrlBackendKind): Backend {
  const { url, reason, keys, logger } = options;
  const gateway: UrlUpstream = { kind: 'url', url, speaks: 'gateway', host: kind.host };
  const route =
    kind.directUrl &&
    new RealtimeRoute({
      mode: options.realtime,
      direct: createDirectUpstream(kind.directUrl),
      directIsExplicit: options.realtimeUrl !== undefined,
      gateway,
      jwt: keys.anonKey,
      logger,
    });
  const target: GatewayTarget = {
    keys,
    upstreams: { auth: gateway, rest: gateway, realtime: gateway, storage: gateway, functions: gateway },
    knowsSession: kind.knowsSession,
    ...(route && { websocket: route }),
  };
  const observations = new Observations();
  const { database } = kind;
  const stopObserving = observeUpstream(observations, async (request) => database?.findTarget(request));
  const ownStudio = kind.studioUrl === undefined ? [] : [{ label: 'Its Studio', value: kind.studioUrl }];
  const realtime = (): BannerLine[] => (route ? [{ label: 'Realtime', value: route.describe() }] : []);
  return {
    kind: kind.kind,
    reason,
    observations,
    databaseUrl: () => database?.url(),
    exposedSchemas: database?.exposedSchemas,
    target: () => target,
    describe: () => [{ label: 'Supabase', value: kind.label }, ...realtime(), ...ownStudio],
    async close() {
      stopObserving();
      await Promise.all([route?.settled(), database?.close()]);
    },
  };
}
