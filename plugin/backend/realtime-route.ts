import type { UrlUpstream, WebsocketRoute } from '../gateway/target.ts';
import type { Logger } from '../shared/logger.ts';
import { probeHandshake, probeRealtimeHealth } from './probe.ts';
import type { RealtimeMode } from './settings.ts';

export interface RealtimeRouteOptions {
  readonly mode: RealtimeMode;
  readonly direct: UrlUpstream | undefined;
  /** The developer named the direct address: it is believed without probing. */
  readonly directIsExplicit: boolean;
  readonly gateway: UrlUpstream;
  /** A JWT that Realtime accepts, for probing; without one nothing is probed. */
  readonly jwt: string | undefined;
  readonly logger: Logger;
  /** Milliseconds; tests shorten them. */
  readonly probeTimeout?: number;
  readonly recheckAfter?: number;
  readonly probePause?: number;
}

export interface RealtimeRoute extends WebsocketRoute {
  /** For the banner and the doctor: `directly at http://127.0.0.1:4000`. */
  describe(): string;
  /** Settles when a probe that is under way has ended. */
  settled(): Promise<void>;
}

/** Realtime thinks 2 s before it refuses; a slow machine gets as much again. */
const PROBE_TIMEOUT_MS = 4_000;
/** How long the detour through the API gateway is kept before the direct way is tried again. */
const RECHECK_AFTER_MS = 30_000;
/** While nothing answers, clients come back in quick succession; not each of them needs a probe. */
const PROBE_PAUSE_MS = 1_000;

type Way = 'direct' | 'gateway';

/**
 * The way to Realtime's WebSocket. `auto` finds out which works, prefers the direct one, and asks again when the
 * chosen one fails; it says so once per change.
 */
export function createRealtimeRoute(options: RealtimeRouteOptions): RealtimeRoute {
  const { mode, direct, gateway, jwt, logger } = options;
  const recheckAfter = options.recheckAfter ?? RECHECK_AFTER_MS;
  const probePause = options.probePause ?? PROBE_PAUSE_MS;
  let way: Way | undefined = fixedWay(options);
  const isFixed = way !== undefined;
  let probing: Promise<void> | undefined;
  let probedAt = -Infinity;
  let lastWay: Way | undefined;

  const probeNow = async (): Promise<void> => {
    const found = await findWay(options);
    probing = undefined;
    probedAt = Date.now();
    if (found === undefined || found === way) return;
    if (lastWay !== undefined && found !== lastWay) {
      logger.info(`supabase: Realtime is now reached ${describeWay(found, options)}`);
    }
    way = lastWay = found;
  };
  const probe = (): Promise<void> => (probing ??= probeNow());
  if (!isFixed) void probe();

  const ways = (): readonly UrlUpstream[] => {
    if (mode === 'direct' && direct) return [direct];
    // The API gateway is always worth a try; a direct address only once Realtime was seen there.
    return way === 'direct' && direct ? [direct, gateway] : [gateway];
  };

  return {
    async choose() {
      if (isFixed) return ways();
      const age = Date.now() - probedAt;
      if (probing && way === undefined) await probing;
      else if (way === undefined && age > probePause) await probe();
      else if (way === 'gateway' && direct && age > recheckAfter) void probe();
      return ways();
    },
    failed(upstream) {
      if (isFixed) return;
      const failedWay = upstream === direct ? 'direct' : 'gateway';
      if (failedWay === way) way = undefined;
      if (Date.now() - probedAt > probePause) void probe();
    },
    describe: () => describeWay(way ?? (mode === 'direct' ? 'direct' : 'gateway'), options),
    settled: () => probing ?? Promise.resolve(),
  };

  /** Without a choice there is nothing to find out. */
  function fixedWay({ directIsExplicit }: RealtimeRouteOptions): Way | undefined {
    if (mode !== 'auto') return mode;
    if (!direct) return 'gateway';
    return directIsExplicit || jwt === undefined ? 'direct' : undefined;
  }
}

function describeWay(way: Way, { direct, gateway }: RealtimeRouteOptions): string {
  return way === 'direct' && direct
    ? `directly at ${direct.url.origin}`
    : `through the API gateway at ${gateway.url.origin}`;
}

/** Asks both ways at once; undefined when none works. */
async function findWay(options: RealtimeRouteOptions): Promise<Way | undefined> {
  const { direct, gateway, jwt = '' } = options;
  const timeout = options.probeTimeout ?? PROBE_TIMEOUT_MS;
  const query = `?apikey=${encodeURIComponent(jwt)}&vsn=1.0.0`;
  const askDirect = async (): Promise<boolean> => {
    if (!direct) return false;
    const { url } = direct;
    const [isRealtime, handshake] = await Promise.all([
      probeRealtimeHealth(url, direct.host, jwt, timeout),
      probeHandshake({ url, path: `/socket/websocket${query}`, headers: { host: direct.host }, timeout }),
    ]);
    return isRealtime && 'status' in handshake && handshake.status === 101;
  };
  const askGateway = async (): Promise<boolean> => {
    const path = `/realtime/v1/websocket${query}`;
    const handshake = await probeHandshake({ url: gateway.url, path, headers: {}, timeout });
    return 'status' in handshake && handshake.status === 101;
  };
  const throughGateway = askGateway();
  if (await askDirect()) return 'direct';
  return (await throughGateway) ? 'gateway' : undefined;
}
