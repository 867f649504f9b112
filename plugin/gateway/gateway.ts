import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorMessage } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import { identifyCaller, type Caller, type GatewayRequest } from './caller/caller.ts';
import { answerPreflight, grantReading, isPreflight } from './answer/cors.ts';
import { translateHttpCredentials, type Refusal } from './caller/credentials.ts';
import { createFailureLog } from './answer/failure-log.ts';
import { describeBackendFailure, describeFailure } from './answer/failures.ts';
import { forwardHttp } from './forward/http.ts';
import * as errors from './errors.ts';
import { buildOutgoingHeaders, rewriteForService, type OutgoingRequest } from './forward/headers.ts';
import { createHostCheck, type HostCheck } from './caller/hosts.ts';
import { createLoopGuard } from './caller/loop-guard.ts';
import { respondJson, type GatewayError, type GatewayResponse } from './answer/respond.ts';
import { rewriteResponseHeaders } from './forward/response-headers.ts';
import { findPathFault, matchRoute, type RouteMatch } from './routes.ts';
import { joinPath, type GatewayTarget, type HandlerUpstream, type UrlUpstream } from './target.ts';
import { cacheRules, cacheTarget, type TargetSource } from './target-cache.ts';
import { createUpgradeHandler } from './upgrades.ts';
import { createUpstreamPool } from './forward/pool.ts';
import { createVouchingCheck, VOUCHED_HEADER } from './caller/gateway-secret.ts';

export interface GatewayOptions {
  /** Where requests go; a promise or function when the backend is still starting, or may be replaced. */
  readonly target: TargetSource;
  readonly logger: Logger;
  /** Names that the server answers for (see `createHostCheck`); by default IP addresses and localhost. */
  readonly isHostAllowed?: HostCheck;
  /** What other gateways of this user show to be believed that they have judged host and origin (see vouching.ts). */
  readonly proof?: string | undefined;
  /** Refuse HTTP requests without an API key, as hosted Supabase does. Default: pass them on as anonymous. */
  readonly requireKey?: boolean;
  readonly timeouts?: Partial<GatewayTimeouts>;
}

/** Milliseconds. */
export interface GatewayTimeouts {
  /** Without a byte from an upstream that has a request to answer; default 150 s, as the CLI's Kong for functions. */
  readonly idle: number;
  /** For a WebSocket handshake; default 15 s (Realtime thinks 2 s about a refusal). */
  readonly handshake: number;
}

/** Supabase's paths on somebody else's server. */
export interface Gateway {
  /** Answers the request if its path is one of ours. False: not ours, and untouched. */
  handle(req: GatewayRequest, res: GatewayResponse): boolean;
  /** The same for an upgrade request; claims and guards the socket before it returns. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Ends the WebSockets with a close frame and all connections to upstreams. Services are not its to close. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUTS: GatewayTimeouts = Object.freeze({ idle: 150_000, handshake: 15_000 });

/** Makes a gateway. It holds no port: see `attachGateway` and `listenGateway`. */
export function createGateway(options: GatewayOptions): Gateway {
  const isHostAllowed = options.isHostAllowed ?? createHostCheck();
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const pool = createUpstreamPool();
  const loops = createLoopGuard();
  const failures = createFailureLog(options.logger);
  const resolveTarget = cacheTarget(options.target);
  const rules = cacheRules(options.requireKey ?? false);
  const isVouchedFor = createVouchingCheck(options.proof);
  const identify = (req: GatewayRequest): Caller | undefined =>
    identifyCaller(req, isVouchedFor(req.headers) ? () => true : isHostAllowed);
  const upgrades = createUpgradeHandler({ loops, identify, resolveTarget, rules, failures, timeouts });

  const handle = (req: GatewayRequest, res: GatewayResponse): boolean => {
    const url = req.url ?? '';
    const match = matchRoute(url);
    if (match === undefined) return false;
    const fault = findPathFault(url);
    const caller = identify(req);
    if (fault !== undefined) respondJson(res, 400, errors.invalidPath(fault));
    else if (loops.isLoop(req.headers)) respondJson(res, 508, errors.LOOP);
    else if (!caller) respondJson(res, 403, errors.HOST_NOT_ALLOWED);
    else if (isPreflight(req)) answerPreflight(req, res, caller);
    else if (match === 'unknown') respondJson(res, 404, errors.NO_SUCH_PATH);
    else if (match.route.transport === 'websocket') {
      res.setHeader('upgrade', 'websocket');
      respondJson(res, 426, errors.WEBSOCKET_ONLY);
    } else forward(req, res, match, caller);
    return true;
  };

  const forward = (req: GatewayRequest, res: GatewayResponse, match: RouteMatch, caller: Caller): void => {
    const target = resolveTarget();
    if (!(target instanceof Promise)) {
      send(req, res, match, caller, target);
      return;
    }
    target.then(
      (ready) => send(req, res, match, caller, ready),
      (error: unknown) => {
        const { status, body } = describeBackendFailure(error);
        failures.failed('the backend', body.message);
        refuse(res, caller, status, body);
      },
    );
  };

  const send = (
    req: GatewayRequest,
    res: GatewayResponse,
    match: RouteMatch,
    caller: Caller,
    target: GatewayTarget,
  ): void => {
    const { route } = match;
    const upstream = target.upstreams[route.upstream];
    if (!upstream) {
      refuse(res, caller, 501, errors.notServed(route.upstream));
      return;
    }
    if (route.upstream === 'mail' && !mayReadMail(caller)) {
      refuse(res, caller, 403, errors.MAIL_IS_LOCAL);
      return;
    }
    const credentials = route.signed
      ? { authorization: req.headers.authorization }
      : translateHttpCredentials(req.url ?? '', req.headers, caller, rules(target, upstream));
    if ('refusal' in credentials) {
      refuse(res, caller, credentials.refusal.status, credentials.refusal.body);
      return;
    }
    const out: OutgoingRequest = {
      route,
      caller,
      authorization: credentials.authorization,
      via: loops.via(req.headers),
    };
    if (upstream.kind === 'handler') callService(req, res, upstream, match.serviceUrl, out);
    else sendToUrl(req, res, upstream, match, out);
  };

  const callService = (
    req: GatewayRequest,
    res: GatewayResponse,
    service: HandlerUpstream,
    serviceUrl: string,
    out: OutgoingRequest,
  ): void => {
    rewriteForService(req, serviceUrl, out);
    grantReading(res, out.caller);
    try {
      // Services are written for HTTP/1; what they use of a request is the same in Node's HTTP/2 layer.
      service.handle(req as IncomingMessage, res as ServerResponse);
    } catch (error) {
      const message = `The ${out.route.upstream} service failed: ${errorMessage(error)}`;
      options.logger.error(`supabase: ${message}`);
      refuse(res, out.caller, 500, { code: 'SERVICE_FAILED', message });
    }
  };

  const sendToUrl = (
    req: GatewayRequest,
    res: GatewayResponse,
    upstream: UrlUpstream,
    match: RouteMatch,
    out: OutgoingRequest,
  ): void => {
    const { url } = upstream;
    const subject = `${out.route.upstream} at ${url.origin}`;
    const path = upstream.speaks === 'gateway' ? (req.url ?? '') : match.serviceUrl;
    const host = upstream.host === 'client' ? out.caller.host : upstream.host;
    const headers = buildOutgoingHeaders(req, out, host);
    if (upstream.proof !== undefined) headers.push(VOUCHED_HEADER, upstream.proof);
    forwardHttp(
      req,
      res,
      {
        url,
        path: joinPath(url.pathname, path),
        headers,
        idleTimeout: timeouts.idle,
        rewriteResponse: (headers) => rewriteResponseHeaders(headers, upstream, out.caller),
        onResponse: () => failures.worked(subject),
        onFailure: (error) => {
          const { status, body } = describeFailure(subject, error);
          failures.failed(subject, body.message);
          refuse(res, out.caller, status, body);
        },
      },
      pool,
    );
  };

  return {
    handle,
    handleUpgrade: upgrades.handle,
    async close() {
      await upgrades.close();
      pool.close();
    },
  };
}

/** Answers with an error that a page of another origin can read too, where it may. */
function refuse(
  res: GatewayResponse,
  caller: Caller,
  status: number,
  body: Refusal['body'] | GatewayError,
): void {
  if (res.headersSent) return;
  grantReading(res, caller);
  respondJson(res, status, body);
}

/** The mails of all accounts, with their links: for a person at this machine, in a page of this origin. */
function mayReadMail(caller: Caller): boolean {
  return caller.isLocal && (caller.origin === 'own' || caller.origin === 'none');
}
