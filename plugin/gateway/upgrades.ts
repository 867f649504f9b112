import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Caller } from './caller/caller.ts';
import { translateWebsocketCredentials, type CredentialRules } from './caller/credentials.ts';
import type { FailureLog } from './answer/failure-log.ts';
import { describeBackendFailure, describeFailure, type Failure } from './answer/failures.ts';
import { forwardUpgrade } from './websocket/forward.ts';
import * as errors from './errors.ts';
import { forwardedHeaders, replaceRequest } from './forward/headers.ts';
import type { LoopGuard } from './caller/loop-guard.ts';
import { refuseUpgrade } from './answer/respond.ts';
import { findPathFault, matchRoute } from './routes.ts';
import type { SocketPair } from './websocket/socket-pair.ts';
import {
  joinPath,
  type GatewayTarget,
  type HandlerUpstream,
  type Upstream,
  type UrlUpstream,
} from './target.ts';
import { buildUpgradeHeaders, type Handshake } from './websocket/headers.ts';
import { VOUCHED_HEADER } from './caller/gateway-secret.ts';
import { readQueryKey, replaceQueryKey } from './caller/query-key.ts';

interface UpgradeOptions {
  readonly loops: LoopGuard;
  readonly identify: (req: IncomingMessage) => Caller | undefined;
  readonly resolveTarget: () => GatewayTarget | Promise<GatewayTarget>;
  readonly rules: (target: GatewayTarget) => CredentialRules;
  readonly failures: FailureLog;
  readonly timeouts: { readonly handshake: number };
}

export interface UpgradeHandler {
  readonly handle: (req: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  readonly close: () => Promise<void>;
}

/** The WebSocket half of the gateway. */
export function createUpgradeHandler(options: UpgradeOptions): UpgradeHandler {
  const { loops, identify, resolveTarget, rules, failures, timeouts } = options;
  const pairs = new Set<SocketPair>();

  const handle = (req: IncomingMessage, socket: Duplex, head: Buffer): boolean => {
    const url = req.url ?? '';
    const match = matchRoute(url);
    // Vite's own socket, or another plugin's: not even a listener is left on it.
    if (match === undefined) return false;
    // First of all: a reset without a listener would end the dev server.
    socket.on('error', () => {});
    const fault = findPathFault(url);
    const caller = identify(req);
    if (fault !== undefined) refuseUpgrade(socket, 400, errors.invalidPath(fault));
    else if (loops.isLoop(req.headers)) refuseUpgrade(socket, 508, errors.LOOP);
    else if (!caller) refuseUpgrade(socket, 403, errors.HOST_NOT_ALLOWED);
    else if (match === 'unknown') refuseUpgrade(socket, 404, errors.NO_SUCH_PATH);
    else if (match.route.transport === 'http') refuseUpgrade(socket, 400, errors.HTTP_ONLY);
    else if (!isWebsocketRequest(req)) refuseUpgrade(socket, 400, errors.NO_WEBSOCKET);
    // The same-origin policy does not cover WebSockets: what CORS withholds on HTTP is withheld here.
    else if (caller.origin === 'foreign') refuseUpgrade(socket, 403, errors.ORIGIN_NOT_ALLOWED);
    else {
      const { route, serviceUrl } = match;
      const start = (target: GatewayTarget): void => {
        const key = readQueryKey(url);
        const credentials = translateWebsocketCredentials(req.headers, key, caller, rules(target));
        if ('refusal' in credentials) {
          refuseUpgrade(socket, credentials.refusal.status, credentials.refusal.body);
          return;
        }
        void connect(req, socket, head, target, serviceUrl, {
          route,
          caller,
          via: loops.via(req.headers),
          ...credentials,
        });
      };
      const target = resolveTarget();
      if (!(target instanceof Promise)) start(target);
      else {
        target.then(start, (error: unknown) => {
          const failure = describeBackendFailure(error);
          failures.failed('the backend', failure.body.message);
          refuseUpgrade(socket, failure.status, failure.body);
        });
      }
    }
    return true;
  };

  /** Tries the ways to Realtime one after the other; the client hears of the last failure only. */
  const connect = async (
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: GatewayTarget,
    serviceUrl: string,
    handshake: Handshake,
  ): Promise<void> => {
    const ways = await waysToRealtime(target);
    let failure: Failure | undefined;
    for (const upstream of ways) {
      if (upstream.kind === 'handler') {
        callService(req, socket, head, upstream, serviceUrl, handshake);
        return;
      }
      failure = await connectToUrl(req, socket, head, target, upstream, serviceUrl, handshake);
      if (!failure) return;
    }
    if (failure) refuseUpgrade(socket, failure.status, failure.body);
    else refuseUpgrade(socket, 501, errors.notServed('realtime'));
  };

  const callService = (
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    service: HandlerUpstream,
    serviceUrl: string,
    handshake: Handshake,
  ): void => {
    if (!service.upgrade) {
      refuseUpgrade(socket, 501, errors.notServed('realtime'));
      return;
    }
    const { apikey, userToken } = handshake;
    const {
      cookie: _cookie,
      authorization: _authorization,
      [VOUCHED_HEADER]: _proof,
      ...headers
    } = req.headers;
    for (const [name, value] of forwardedHeaders(handshake.caller, handshake.route)) headers[name] = value;
    const token = userToken ?? apikey;
    if (token === undefined) delete headers['x-api-key'];
    else headers['x-api-key'] = token;
    replaceRequest(req, replaceQueryKey(serviceUrl, apikey), headers);
    service.upgrade(req, socket, head);
  };

  /** @returns the failure, when the client knows nothing of it yet */
  const connectToUrl = async (
    req: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: GatewayTarget,
    upstream: UrlUpstream,
    serviceUrl: string,
    handshake: Handshake,
  ): Promise<Failure | undefined> => {
    const { url } = upstream;
    const subject = `realtime at ${url.origin}`;
    const own = upstream.speaks === 'gateway' ? (req.url ?? '') : serviceUrl;
    const path = joinPath(url.pathname, replaceQueryKey(own, handshake.apikey));
    const host = upstream.host === 'client' ? handshake.caller.host : upstream.host;
    const headers = buildUpgradeHeaders(req, path, handshake, host);
    if (upstream.proof !== undefined) headers.push(VOUCHED_HEADER, upstream.proof);
    const outcome = await forwardUpgrade(socket, head, {
      url,
      path,
      headers,
      timeout: timeouts.handshake,
    });
    if (outcome.kind === 'abandoned') return undefined;
    if (outcome.kind === 'failed') {
      const failure = describeFailure(subject, outcome.error);
      failures.failed(subject, failure.body.message);
      target.websocket?.failed(upstream, failure.body.message);
      return failure;
    }
    if (outcome.kind === 'refused') {
      failures.failed(`${subject}, a WebSocket`, describeRefusal(outcome.status));
      // An API gateway whose Realtime is gone: perhaps there is another way to it.
      if (outcome.status >= 502) target.websocket?.failed(upstream, describeRefusal(outcome.status));
      return undefined;
    }
    failures.worked(subject);
    failures.worked(`${subject}, a WebSocket`);
    pairs.add(outcome.pair);
    void outcome.pair.closed.then(() => pairs.delete(outcome.pair));
    return undefined;
  };

  const close = async (): Promise<void> => {
    const open = [...pairs];
    for (const pair of open) pair.close(1012, 'The dev server restarts');
    await Promise.all(open.map((pair) => pair.closed));
  };

  return { handle, close };
}

/** Realtime's own refusals, which it explains to nobody who only sees a closed socket. */
function describeRefusal(status: number): string {
  if (status === 401 || status === 403) return `refused (${status}): it does not accept this key or token`;
  if (status === 404) return 'refused (404): no Realtime answers there, or it has no tenant realtime-dev';
  return `refused (${status})`;
}

async function waysToRealtime(target: GatewayTarget): Promise<readonly Upstream[]> {
  if (target.websocket) return target.websocket.choose();
  return target.upstreams.realtime ? [target.upstreams.realtime] : [];
}

function isWebsocketRequest(req: IncomingMessage): boolean {
  return req.method === 'GET' && req.headers.upgrade?.toLowerCase() === 'websocket';
}
