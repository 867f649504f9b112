import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ALLOWED_ROLES_HEADER, VISITOR_ROLES } from '../shared/allowed-roles.ts';
import { errorMessage } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Observations } from '../shared/observations.ts';
import type { FailureLog } from './answer/failure-log.ts';
import { describeFailure } from './answer/failures.ts';
import { reportRefusal } from './answer/report-refusal.ts';
import { refuseUpgrade } from './answer/upgrade.ts';
import type { Admission } from './caller/admission.ts';
import type { GatewayCaller } from './caller/caller.ts';
import {
  learnSessions,
  translateHttpCredentials,
  translateWebsocketCredentials,
  type CredentialRules,
} from './caller/credentials.ts';
import { GATEWAY_SECRET_HEADER, relayHeaders } from './caller/gateway-secret.ts';
import { refuseOtherMachine } from './caller/privilege.ts';
import { readQueryKey, replaceQueryKey } from './caller/query-key.ts';
import { gatewayError, serviceUnavailable } from './errors.ts';
import {
  buildOutgoingHeaders,
  forwardedHeaders,
  replaceRequest,
  rewriteForService,
  type OutgoingRequest,
} from './forward/headers.ts';
import { isWebsocketUpgrade } from './ordinary-request.ts';
import type { GatewayRefusal } from './refusal.ts';
import { matchRoute, type GatewayRoute, type RouteMatch } from './routes.ts';
import {
  joinPath,
  type GatewayTarget,
  type HandlerUpstream,
  type Upstream,
  type UrlUpstream,
} from './target.ts';
import { forwardUpgrade } from './websocket/forward.ts';
import { buildUpgradeHeaders, type Handshake } from './websocket/headers.ts';
import type { SocketPair } from './websocket/socket-pair.ts';

export interface UpgradeHandlerOptions {
  readonly admission: Admission;
  readonly resolveTarget: () => GatewayTarget | Promise<GatewayTarget>;
  readonly rules: (target: GatewayTarget, upstream?: Upstream) => CredentialRules;
  readonly failures: FailureLog;
  readonly logger: Logger;
  readonly observations: () => Observations | undefined;
  /** Milliseconds for a handshake with an upstream. */
  readonly handshakeTimeout: number;
}

/** An admitted upgrade request. */
interface Upgrade {
  readonly req: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** The path of the service, with the query. */
  readonly serviceUrl: string;
}

/** The WebSocket half of the gateway. */
export class UpgradeHandler {
  readonly #options: UpgradeHandlerOptions;
  readonly #pairs = new Set<SocketPair>();

  constructor(options: UpgradeHandlerOptions) {
    this.#options = options;
  }

  /** See `Gateway.handleUpgrade`. */
  handle(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const match = matchRoute(req.url ?? '');
    // Vite's own socket, or another plugin's: not even an error listener may be added to it.
    if (match === undefined) return false;
    // Before anything else: a reset without a listener would end the dev server.
    socket.on('error', () => {});
    const admitted = this.#options.admission.admit(req);
    if ('refusal' in admitted) {
      this.#refuse(req, socket, admitted.refusal);
      return true;
    }
    const refusal = checkUpgrade(req, match, admitted.caller);
    if (refusal) this.#refuse(req, socket, refusal);
    else if (match !== 'unknown') {
      this.#forward({ req, socket, head, serviceUrl: match.serviceUrl }, match, admitted.caller);
    }
    return true;
  }

  /** Ends all WebSockets with a close frame. */
  async close(): Promise<void> {
    const open = [...this.#pairs];
    for (const pair of open) pair.close(1012, 'The dev server restarts');
    await Promise.all(open.map((pair) => pair.closed));
  }

  #forward(upgrade: Upgrade, match: RouteMatch, caller: GatewayCaller): void {
    const target = this.#options.resolveTarget();
    if (!(target instanceof Promise)) {
      this.#start(upgrade, match, caller, target);
      return;
    }
    target
      .then(
        (ready) => this.#start(upgrade, match, caller, ready),
        (error: unknown) => refuseUpgrade(upgrade.socket, this.#options.failures.backendFailed(error)),
      )
      .catch((error: unknown) => this.#failUnexpectedly(upgrade.socket, error));
  }

  #start(upgrade: Upgrade, match: RouteMatch, caller: GatewayCaller, target: GatewayTarget): void {
    const { req, socket } = upgrade;
    const otherMachine = refuseOtherMachine(target, caller);
    if (otherMachine) {
      this.#refuse(req, socket, otherMachine);
      return;
    }
    const rules = this.#options.rules(target);
    const proceed = (): void => this.#authorize(upgrade, match, caller, target, rules);
    const learning = learnSessions(req.headers, caller, rules);
    if (learning) learning.then(proceed).catch((error: unknown) => this.#failUnexpectedly(socket, error));
    else proceed();
  }

  #authorize(
    upgrade: Upgrade,
    { route }: RouteMatch,
    caller: GatewayCaller,
    target: GatewayTarget,
    rules: CredentialRules,
  ): void {
    const { req, socket } = upgrade;
    if (route.upstream === 'functions') {
      this.#connectToFunction(upgrade, route, caller, target).catch((error: unknown) =>
        this.#failUnexpectedly(socket, error),
      );
      return;
    }
    const key = readQueryKey(req.url ?? '');
    const credentials = translateWebsocketCredentials(req.headers, key, caller, rules);
    if ('refusal' in credentials) {
      this.#refuse(req, socket, credentials.refusal);
      return;
    }
    const via = this.#options.admission.via(req);
    this.#connect(upgrade, target, { route, caller, via, ...credentials }).catch((error: unknown) =>
      this.#failUnexpectedly(socket, error),
    );
  }

  #refuse(req: IncomingMessage, socket: Duplex, refusal: GatewayRefusal): void {
    reportRefusal(this.#options.observations(), req, 'websocket', refusal);
    refuseUpgrade(socket, refusal);
  }

  /** A last net: no upgrade may end the process. */
  #failUnexpectedly(socket: Duplex, error: unknown): void {
    this.#options.logger.error(`supabase: The gateway failed: ${errorMessage(error)}`);
    socket.destroy();
  }

  /** Tries the paths to Realtime one after the other; the client gets only the last failure. */
  async #connect(upgrade: Upgrade, target: GatewayTarget, handshake: Handshake): Promise<void> {
    let refusal = serviceUnavailable('realtime');
    for (const upstream of await pathsToRealtime(target)) {
      if (upstream.kind === 'handler') {
        rewriteForRealtime(upgrade.req, upgrade.serviceUrl, handshake);
        await this.#callService(upgrade, upstream, 'realtime');
        return;
      }
      const request = buildRequest(upgrade, upstream, handshake);
      const onFailure = (reason: string): void => target.websocket?.failed(upstream, reason);
      const failure = await this.#connectToUrl(upgrade, upstream, 'realtime', request, onFailure);
      if (!failure) return;
      refusal = failure;
    }
    refuseUpgrade(upgrade.socket, refusal);
  }

  /** The WebSocket of a function is a call like any other: its credentials are headers. */
  async #connectToFunction(
    upgrade: Upgrade,
    route: GatewayRoute,
    caller: GatewayCaller,
    target: GatewayTarget,
  ): Promise<void> {
    const { req, socket, serviceUrl } = upgrade;
    const upstream = target.upstreams.functions;
    if (!upstream) {
      refuseUpgrade(socket, serviceUnavailable('functions'));
      return;
    }
    const source = { url: req.url ?? '', headers: req.headers, route };
    const credentials = translateHttpCredentials(source, caller, this.#options.rules(target, upstream));
    if ('refusal' in credentials) {
      this.#refuse(req, socket, credentials.refusal);
      return;
    }
    const via = this.#options.admission.via(req);
    const out = { route, caller, mayBeAdmin: caller.mayBeAdmin, via, ...credentials };
    if (upstream.kind === 'handler') {
      rewriteForService(req, serviceUrl, out);
      await this.#callService(upgrade, upstream, 'functions');
      return;
    }
    const request = buildFunctionRequest(upgrade, upstream, out);
    const failure = await this.#connectToUrl(upgrade, upstream, 'functions', request);
    if (failure) refuseUpgrade(socket, failure);
  }

  async #callService(
    { req, socket, head }: Upgrade,
    service: HandlerUpstream,
    name: 'realtime' | 'functions',
  ): Promise<void> {
    if (!service.upgrade) {
      refuseUpgrade(socket, serviceUnavailable(name));
      return;
    }
    try {
      await service.upgrade(req, socket, head);
    } catch (error) {
      const message = `The ${name} service failed: ${errorMessage(error)}`;
      this.#options.logger.error(`supabase: ${message}`);
      // After the handshake an HTTP answer would be garbage among WebSocket frames.
      if ('bytesWritten' in socket && Number(socket.bytesWritten) > 0) socket.destroy();
      else refuseUpgrade(socket, gatewayError('SERVICE_FAILED', { message }));
    }
  }

  /** @returns the failure, if the client has no answer yet */
  async #connectToUrl(
    upgrade: Upgrade,
    upstream: UrlUpstream,
    name: 'realtime' | 'functions',
    { path, headers }: UpgradeRequest,
    onFailure?: (reason: string) => void,
  ): Promise<GatewayRefusal | undefined> {
    const { failures, handshakeTimeout: timeout } = this.#options;
    const { url } = upstream;
    const subject = `${name} at ${url.origin}`;
    const outcome = await forwardUpgrade(upgrade.socket, upgrade.head, { url, path, headers, timeout });
    if (outcome.kind === 'abandoned') return undefined;
    if (outcome.kind === 'failed') {
      const refusal = describeFailure(subject, outcome.error);
      const { message = '' } = refusal.body;
      failures.failed(subject, message);
      onFailure?.(message);
      return refusal;
    }
    if (outcome.kind === 'refused') {
      failures.failed(`${subject}, a WebSocket`, describeStatus(outcome.status));
      if (name === 'realtime') this.#reportRefusedHandshake(upstream, { path, headers }, outcome.status);
      // An API gateway whose Realtime is down: there may be another path to it.
      if (outcome.status >= 502) onFailure?.(describeStatus(outcome.status));
      return undefined;
    }
    failures.succeeded(subject);
    failures.succeeded(`${subject}, a WebSocket`);
    this.#pairs.add(outcome.pair);
    void outcome.pair.closed.then(() => this.#pairs.delete(outcome.pair));
    return undefined;
  }

  #reportRefusedHandshake(
    { url, speaks, gatewaySecret }: UrlUpstream,
    sent: UpgradeRequest,
    status: number,
  ): void {
    const observations = this.#options.observations();
    // Another gateway of this user explains its refusals itself.
    if (!observations?.isActive || gatewaySecret !== undefined) return;
    const at = sent.headers.findIndex((name, index) => index % 2 === 0 && name === 'x-api-key');
    const key = new URL(sent.path, url).searchParams.get('apikey') ?? undefined;
    observations.emit({
      kind: 'realtime',
      event: 'handshake-refused',
      status,
      reason: describeStatus(status),
      token: at === -1 ? key : sent.headers[at + 1],
      route: { origin: url.origin, isDirect: speaks === 'service' },
    });
  }
}

/** Why an admitted request cannot become a WebSocket; undefined if it can. */
function checkUpgrade(
  req: IncomingMessage,
  match: RouteMatch | 'unknown',
  caller: GatewayCaller,
): GatewayRefusal | undefined {
  if (match === 'unknown') return gatewayError('NO_SUCH_PATH');
  if (match.route.transport === 'http') return gatewayError('HTTP_ONLY');
  if (!isWebsocketUpgrade(req)) return gatewayError('NO_WEBSOCKET');
  // The same-origin policy does not cover WebSockets: pages that CORS keeps from reading HTTP answers are refused here.
  return caller.origin === 'foreign' ? gatewayError('ORIGIN_NOT_ALLOWED') : undefined;
}

/** Changes an upgrade request in place into what Realtime in this process expects. */
function rewriteForRealtime(req: IncomingMessage, serviceUrl: string, handshake: Handshake): void {
  const { apikey, userToken } = handshake;
  const {
    cookie: _cookie,
    authorization: _authorization,
    [GATEWAY_SECRET_HEADER]: _secret,
    [ALLOWED_ROLES_HEADER]: _roles,
    ...headers
  } = req.headers;
  for (const [name, value] of forwardedHeaders(handshake.caller, handshake.route)) headers[name] = value;
  if (!handshake.caller.mayBeAdmin) headers[ALLOWED_ROLES_HEADER] = VISITOR_ROLES;
  const token = userToken ?? apikey;
  if (token === undefined) delete headers['x-api-key'];
  else headers['x-api-key'] = token;
  replaceRequest(req, replaceQueryKey(serviceUrl, apikey), headers);
}

/** An upgrade request to an upstream; headers are names and values alternating. */
interface UpgradeRequest {
  readonly path: string;
  readonly headers: string[];
}

function buildFunctionRequest(
  { req, serviceUrl }: Upgrade,
  upstream: UrlUpstream,
  out: OutgoingRequest,
): UpgradeRequest {
  const path = joinPath(upstream.url.pathname, upstream.speaks === 'gateway' ? (req.url ?? '') : serviceUrl);
  const headers = buildOutgoingHeaders(
    req,
    out,
    upstream.host === 'client' ? out.caller.host : upstream.host,
  );
  headers.push('connection', 'Upgrade', 'upgrade', 'websocket');
  if (upstream.gatewaySecret !== undefined)
    headers.push(...relayHeaders(upstream.gatewaySecret, out.caller, out.mayBeAdmin));
  return { path, headers };
}

function buildRequest(
  { req, serviceUrl }: Upgrade,
  upstream: UrlUpstream,
  handshake: Handshake,
): UpgradeRequest {
  const target = upstream.speaks === 'gateway' ? (req.url ?? '') : serviceUrl;
  const path = joinPath(upstream.url.pathname, replaceQueryKey(target, handshake.apikey));
  const host = upstream.host === 'client' ? handshake.caller.host : upstream.host;
  const headers = buildUpgradeHeaders(req, path, handshake, host);
  if (upstream.gatewaySecret !== undefined)
    headers.push(...relayHeaders(upstream.gatewaySecret, handshake.caller, handshake.caller.mayBeAdmin));
  return { path, headers };
}

/** Explains a refusal of Realtime in the terminal: the browser sees only a closed socket. */
function describeStatus(status: number): string {
  if (status === 401 || status === 403) return `refused (${status}): it does not accept this key or token`;
  if (status === 404) return 'refused (404): this is not Realtime, or it has no tenant realtime-dev';
  return `refused (${status})`;
}

async function pathsToRealtime(target: GatewayTarget): Promise<readonly Upstream[]> {
  if (target.websocket) return target.websocket.choose();
  return target.upstreams.realtime ? [target.upstreams.realtime] : [];
}
