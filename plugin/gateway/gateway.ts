import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorMessage } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Observations } from '../shared/observations.ts';
import { allowOrigin, answerPreflight, isPreflight, lockHeaders } from './answer/cors.ts';
import { FailureLog } from './answer/failure-log.ts';
import { describeFailure } from './answer/failures.ts';
import { markForwarded, recordRequest } from './answer/record-request.ts';
import { reportRefusal } from './answer/report-refusal.ts';
import { abortResponse, isHttp2, refuse, type GatewayResponse } from './answer/respond.ts';
import { watchUpstream } from './answer/watch-upstream.ts';
import { Admission } from './caller/admission.ts';
import type { GatewayCaller, GatewayRequest } from './caller/caller.ts';
import { learnSessions, translateHttpCredentials, type CredentialRules } from './caller/credentials.ts';
import { relayHeaders } from './caller/gateway-secret.ts';
import { createHostRules } from './caller/hosts.ts';
import { KeyNotice } from './caller/key-notice.ts';
import { mayOpen, refuseOtherMachine } from './caller/privilege.ts';
import { gatewayError, serviceUnavailable } from './errors.ts';
import { buildOutgoingHeaders, rewriteForService, type OutgoingRequest } from './forward/headers.ts';
import { forwardHttp } from './forward/http.ts';
import { UpstreamPool } from './forward/pool.ts';
import { rewriteResponseHeaders } from './forward/response-headers.ts';
import { spreadLastNet } from './last-net.ts';
import type { GatewayRefusal } from './refusal.ts';
import { matchRoute, type RouteMatch } from './routes.ts';
import {
  joinPath,
  type GatewayTarget,
  type HandlerUpstream,
  type Upstream,
  type UrlUpstream,
} from './target.ts';
import { cacheRules, cacheTarget, type TargetSource } from './target-cache.ts';
import { UpgradeHandler } from './upgrades.ts';

export interface GatewayOptions {
  /** Where requests go; a promise or function when the backend is still starting, or may be replaced. */
  readonly target: TargetSource;
  readonly logger: Logger;
  /** Names that the server answers for, as Vite's `server.allowedHosts`; IP addresses and localhost always. */
  readonly allowedHosts?: true | readonly string[];
  /** By this secret, other gateways of the user show that they have checked host and origin (caller/gateway-secret.ts). */
  readonly gatewaySecret?: string | undefined;
  /** Refuse HTTP requests without an API key, as hosted Supabase does. Default: forward them as anonymous. */
  readonly requireKey?: boolean;
  /** Receives what the gateway itself refuses. Default: nobody listens. */
  readonly observations?: () => Observations | undefined;
  readonly timeouts?: Partial<GatewayTimeouts>;
}

/** Milliseconds. */
export interface GatewayTimeouts {
  /** Without a byte from an upstream that has a request to answer; default 150 s, as the CLI's Kong for functions. */
  readonly idle: number;
  /** For a WebSocket handshake; default 15 s (Realtime delays a rejection by 2 s). */
  readonly handshake: number;
}

/** A request whose caller is known and may use the route. */
interface AdmittedRequest {
  readonly caller: GatewayCaller;
  readonly mayBeAdmin: boolean;
  readonly upstream: Upstream;
  readonly rules: CredentialRules;
}

const DEFAULT_TIMEOUTS: GatewayTimeouts = Object.freeze({ idle: 150_000, handshake: 15_000 });

/**
 * Supabase's paths on a server that also serves other things. It listens on no port: see listen.ts.
 *
 * A request takes one path: `handle` (route, admission) → `#forward` (target) → `#send` (credentials) → `#callService`
 * for a service in this process, or `#sendToUrl`. upgrades.ts does the same for WebSockets.
 */
export class Gateway {
  readonly #logger: Logger;
  readonly #observations: () => Observations | undefined;
  readonly #timeouts: GatewayTimeouts;
  readonly #admission: Admission;
  readonly #resolveTarget: () => GatewayTarget | Promise<GatewayTarget>;
  readonly #rules: (target: GatewayTarget, upstream?: Upstream) => CredentialRules;
  readonly #failures: FailureLog;
  readonly #keyNotice: KeyNotice;
  readonly #pool = new UpstreamPool();
  readonly #upgrades: UpgradeHandler;
  readonly #endLastNet: () => void;

  constructor(options: GatewayOptions) {
    this.#logger = options.logger;
    this.#observations = options.observations ?? (() => undefined);
    this.#timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
    this.#admission = new Admission(createHostRules(options.allowedHosts), options.gatewaySecret);
    this.#resolveTarget = cacheTarget(options.target);
    this.#rules = cacheRules(options.requireKey ?? false);
    this.#failures = new FailureLog(options.logger);
    this.#endLastNet = spreadLastNet(options.logger);
    this.#keyNotice = new KeyNotice(options.logger);
    this.#upgrades = new UpgradeHandler({
      admission: this.#admission,
      resolveTarget: this.#resolveTarget,
      rules: this.#rules,
      failures: this.#failures,
      logger: options.logger,
      observations: this.#observations,
      handshakeTimeout: this.#timeouts.handshake,
    });
  }

  /** Answers the request if its path is one of ours. False: not ours, and untouched. */
  handle(req: GatewayRequest, res: GatewayResponse): boolean {
    const match = matchRoute(req.url ?? '');
    if (match === undefined) return false;
    const observations = this.#observations();
    if (observations?.isRecording) recordRequest(observations, req, res);
    try {
      this.#answer(req, res, match);
    } catch (error) {
      this.#failUnexpectedly(res, error);
    }
    return true;
  }

  /** The same for an upgrade request; claims the socket, with an error listener, before it returns. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    return this.#upgrades.handle(req, socket, head);
  }

  /** Ends the WebSockets with a close frame, and all connections to upstreams. It does not close the services. */
  async close(): Promise<void> {
    await this.#upgrades.close();
    this.#pool.close();
    this.#endLastNet();
  }

  #answer(req: GatewayRequest, res: GatewayResponse, match: RouteMatch | 'unknown'): void {
    const admitted = this.#admission.admit(req);
    if ('refusal' in admitted) {
      reportRefusal(this.#observations(), req, 'http', admitted.refusal);
      refuse(res, admitted.refusal);
    } else if (isPreflight(req) && !grantsItself(match, admitted.caller))
      answerPreflight(req, res, admitted.caller);
    else if (match === 'unknown') refuse(res, gatewayError('NO_SUCH_PATH'));
    else if (match.route.transport === 'websocket') {
      if (!isHttp2(res)) res.setHeader('upgrade', 'websocket');
      refuse(res, gatewayError('WEBSOCKET_ONLY'));
    } else this.#forward(req, res, match, admitted.caller);
  }

  #forward(req: GatewayRequest, res: GatewayResponse, match: RouteMatch, caller: GatewayCaller): void {
    const target = this.#resolveTarget();
    if (!(target instanceof Promise)) {
      this.#send(req, res, match, caller, target);
      return;
    }
    target
      .then(
        (ready) => this.#send(req, res, match, caller, ready),
        (error: unknown) => refuseReadably(res, caller, this.#failures.backendFailed(error)),
      )
      .catch((error: unknown) => this.#failUnexpectedly(res, error));
  }

  #send(
    req: GatewayRequest,
    res: GatewayResponse,
    match: RouteMatch,
    caller: GatewayCaller,
    target: GatewayTarget,
  ): void {
    const { route } = match;
    const upstream = target.upstreams[route.upstream];
    if (!upstream) {
      refuseReadably(res, caller, serviceUnavailable(route.upstream));
      return;
    }
    const mayBeAdmin = mayOpen(route, req, caller);
    const refusal =
      refuseOtherMachine(target, caller) ??
      (route.privileged && !mayBeAdmin ? gatewayError('LOCAL_ONLY') : undefined);
    if (refusal) {
      reportRefusal(this.#observations(), req, 'http', refusal);
      refuseReadably(res, caller, refusal);
      return;
    }
    const rules = this.#rules(target, upstream);
    const proceed = (): void => this.#authorize(req, res, match, { caller, mayBeAdmin, upstream, rules });
    const learning = learnSessions(req.headers, caller, rules);
    if (learning) learning.then(proceed).catch((error: unknown) => this.#failUnexpectedly(res, error));
    else proceed();
  }

  #authorize(
    req: GatewayRequest,
    res: GatewayResponse,
    match: RouteMatch,
    { caller, mayBeAdmin, upstream, rules }: AdmittedRequest,
  ): void {
    const { route } = match;
    const source = { url: req.url ?? '', headers: req.headers, route };
    const credentials = translateHttpCredentials(source, caller, rules);
    if ('refusal' in credentials) {
      reportRefusal(this.#observations(), req, 'http', credentials.refusal);
      refuseReadably(res, caller, credentials.refusal);
      return;
    }
    this.#keyNotice.check(req.headers, rules.keys);
    const { authorization } = credentials;
    if (this.#observations()?.isRecording) markForwarded(req, authorization);
    const out: OutgoingRequest = { route, caller, authorization, mayBeAdmin, via: this.#admission.via(req) };
    if (upstream.kind === 'handler') this.#callService(req, res, upstream, match.serviceUrl, out);
    else this.#sendToUrl(req, res, upstream, match, out);
  }

  #callService(
    req: GatewayRequest,
    res: GatewayResponse,
    service: HandlerUpstream,
    serviceUrl: string,
    out: OutgoingRequest,
  ): void {
    rewriteForService(req, serviceUrl, out);
    allowOrigin(res, out.caller);
    if (!out.route.ownCors) lockHeaders(res);
    const fail = (error: unknown): void => {
      const message = `The ${out.route.upstream} service failed: ${errorMessage(error)}`;
      this.#logger.error(`supabase: ${message}`);
      // A response that has begun is cut off, so that the client does not mistake the part for the whole.
      if (res.headersSent) abortResponse(res);
      else refuseReadably(res, out.caller, gatewayError('SERVICE_FAILED', { message }));
    };
    try {
      // Services are written for HTTP/1; what they use of a request is the same in Node's HTTP/2 layer.
      const answered = service.handle(req as IncomingMessage, res as ServerResponse);
      if (answered instanceof Promise) answered.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #sendToUrl(
    req: GatewayRequest,
    res: GatewayResponse,
    upstream: UrlUpstream,
    match: RouteMatch,
    out: OutgoingRequest,
  ): void {
    const { url } = upstream;
    const subject = `${out.route.upstream} at ${url.origin}`;
    const path = upstream.speaks === 'gateway' ? (req.url ?? '') : match.serviceUrl;
    const host = upstream.host === 'client' ? out.caller.host : upstream.host;
    const headers = buildOutgoingHeaders(req, out, host);
    if (upstream.gatewaySecret !== undefined)
      headers.push(...relayHeaders(upstream.gatewaySecret, out.caller, out.mayBeAdmin));
    // The other gateway knows the caller as this one does, and the service behind it grants itself.
    const keepsGrants = upstream.gatewaySecret !== undefined && out.route.ownCors === true;
    const forwarded = {
      url,
      path: joinPath(url.pathname, path),
      headers,
      idleTimeout: this.#timeouts.idle,
      rewriteResponse: (sent: readonly string[]) =>
        rewriteResponseHeaders(sent, upstream, out.caller, keepsGrants),
      // The other gateway explains its answers itself.
      watch:
        upstream.gatewaySecret === undefined
          ? watchUpstream(this.#observations(), req, out.route.upstream, match.serviceUrl, out.authorization)
          : undefined,
      onResponse: () => this.#failures.succeeded(subject),
      onFailure: (error: Error) => this.#fail(res, out.caller, subject, describeFailure(subject, error)),
    };
    forwardHttp(req, res, forwarded, this.#pool);
  }

  /** A last net: no request may end the process. */
  #failUnexpectedly(res: GatewayResponse, error: unknown): void {
    const message = `The gateway failed: ${errorMessage(error)}`;
    this.#logger.error(`supabase: ${message}`);
    if (res.headersSent) abortResponse(res);
    else refuse(res, gatewayError('SERVICE_FAILED', { message }));
  }

  /** Reports a failure in the terminal and to the client. */
  #fail(res: GatewayResponse, caller: GatewayCaller, subject: string, refusal: GatewayRefusal): void {
    this.#failures.failed(subject, refusal.body.message ?? '');
    refuseReadably(res, caller, refusal);
  }
}

/**
 * Whether the service decides what a page of a foreign origin may do. Preflights of other pages are answered here, as by
 * the CLI's Kong, whatever the service would say.
 */
function grantsItself(match: RouteMatch | 'unknown', caller: GatewayCaller): boolean {
  return match !== 'unknown' && match.route.ownCors === true && caller.origin === 'foreign';
}

/** Refuses with an answer that a page of another origin can read too, where it may. */
function refuseReadably(res: GatewayResponse, caller: GatewayCaller, refusal: GatewayRefusal): void {
  if (res.headersSent) return;
  allowOrigin(res, caller);
  refuse(res, refusal);
}
