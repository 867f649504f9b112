import type { UrlUpstream, WebsocketRoute } from '../gateway/target.ts';
import type { Logger } from '../shared/logger.ts';
import { probeHandshake, probeRealtimeHealth } from './probe.ts';
import type { RealtimeMode } from './settings.ts';

export interface RealtimeRouteOptions {
  readonly mode: RealtimeMode;
  readonly direct: UrlUpstream | undefined;
  /** The developer set the direct URL: it is used without probing. */
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

/** Realtime delays a rejection by 2 s; a slow machine gets twice that. */
const PROBE_TIMEOUT_MS = 4_000;
/** How long the path through the API gateway is kept before the direct one is tried again. */
const RECHECK_AFTER_MS = 30_000;
/** While nothing answers, clients reconnect in quick succession; not every attempt needs a probe. */
const PROBE_PAUSE_MS = 1_000;

type Path = 'direct' | 'gateway';

/**
 * The path to Realtime's WebSocket. `auto` finds out which one works, prefers the direct one, and probes again when the
 * chosen one fails. Each change is logged once.
 */
export class RealtimeRoute implements WebsocketRoute {
  readonly #options: RealtimeRouteOptions;
  readonly #isFixed: boolean;
  readonly #recheckAfter: number;
  readonly #probePause: number;
  #path: Path | undefined;
  #lastPath: Path | undefined;
  #probing: Promise<void> | undefined;
  #probedAt = -Infinity;

  constructor(options: RealtimeRouteOptions) {
    this.#options = options;
    this.#recheckAfter = options.recheckAfter ?? RECHECK_AFTER_MS;
    this.#probePause = options.probePause ?? PROBE_PAUSE_MS;
    this.#path = fixedPath(options);
    this.#isFixed = this.#path !== undefined;
    if (!this.#isFixed) void this.#probe();
  }

  async choose(): Promise<readonly UrlUpstream[]> {
    if (!this.#isFixed) await this.#probeIfNeeded();
    return this.#upstreams();
  }

  failed(upstream: UrlUpstream): void {
    if (this.#isFixed) return;
    const failedPath = upstream === this.#options.direct ? 'direct' : 'gateway';
    if (failedPath === this.#path) this.#path = undefined;
    if (Date.now() - this.#probedAt > this.#probePause) void this.#probe();
  }

  /** For the banner: `directly at http://127.0.0.1:4000`. */
  describe(): string {
    return describePath(
      this.#path ?? (this.#options.mode === 'direct' ? 'direct' : 'gateway'),
      this.#options,
    );
  }

  /** Settles when the current probe has ended. */
  settled(): Promise<void> {
    return this.#probing ?? Promise.resolve();
  }

  async #probeIfNeeded(): Promise<void> {
    const age = Date.now() - this.#probedAt;
    if (this.#path === undefined) {
      if (this.#probing) await this.#probing;
      else if (age > this.#probePause) await this.#probe();
    } else if (this.#path === 'gateway' && this.#options.direct && age > this.#recheckAfter)
      void this.#probe();
  }

  #upstreams(): readonly UrlUpstream[] {
    const { mode, direct, gateway } = this.#options;
    if (mode === 'direct' && direct) return [direct];
    // The API gateway is always worth a try; a direct URL only after Realtime answered there.
    return this.#path === 'direct' && direct ? [direct, gateway] : [gateway];
  }

  #probe(): Promise<void> {
    this.#probing ??= this.#probeNow();
    return this.#probing;
  }

  async #probeNow(): Promise<void> {
    const found = await findPath(this.#options);
    this.#probing = undefined;
    this.#probedAt = Date.now();
    if (found === undefined || found === this.#path) return;
    if (this.#lastPath !== undefined && found !== this.#lastPath) {
      this.#options.logger.info(`supabase: Realtime is now reached ${describePath(found, this.#options)}`);
    }
    this.#path = this.#lastPath = found;
  }
}

/**
 * Realtime without an API gateway. Its tenant is the first label of the Host, and the tenant of the CLI's and of
 * self-hosted stacks is `realtime-dev`.
 */
export function createDirectUpstream(url: URL): UrlUpstream {
  const host = url.hostname.startsWith('realtime-dev.') ? url.host : `realtime-dev.${url.host}`;
  return { kind: 'url', url, speaks: 'service', host };
}

/** The path where there is nothing to find out. */
function fixedPath({ mode, direct, directIsExplicit, jwt }: RealtimeRouteOptions): Path | undefined {
  if (mode !== 'auto') return mode;
  if (!direct) return 'gateway';
  return directIsExplicit || jwt === undefined ? 'direct' : undefined;
}

function describePath(path: Path, { direct, gateway }: RealtimeRouteOptions): string {
  return path === 'direct' && direct
    ? `directly at ${direct.url.origin}`
    : `through the API gateway at ${gateway.url.origin}`;
}

/** Probes both paths at once; undefined when neither works. */
async function findPath(options: RealtimeRouteOptions): Promise<Path | undefined> {
  const { direct, gateway, jwt = '' } = options;
  const timeout = options.probeTimeout ?? PROBE_TIMEOUT_MS;
  const query = `?apikey=${encodeURIComponent(jwt)}&vsn=1.0.0`;
  const probeDirect = async (): Promise<boolean> => {
    if (!direct) return false;
    const { url } = direct;
    const [isRealtime, handshake] = await Promise.all([
      probeRealtimeHealth(url, direct.host, jwt, timeout),
      probeHandshake({ url, path: `/socket/websocket${query}`, headers: { host: direct.host }, timeout }),
    ]);
    return isRealtime && 'status' in handshake && handshake.status === 101;
  };
  const probeGateway = async (): Promise<boolean> => {
    const path = `/realtime/v1/websocket${query}`;
    const handshake = await probeHandshake({ url: gateway.url, path, headers: {}, timeout });
    return 'status' in handshake && handshake.status === 101;
  };
  const throughGateway = probeGateway();
  if (await probeDirect()) return 'direct';
  return (await throughGateway) ? 'gateway' : undefined;
}
