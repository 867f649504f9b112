import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { errorMessage } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Observations } from '../../shared/observations.ts';
import { OpenRequests } from '../http/open-requests.ts';
import { readBody } from '../http/read-body.ts';
import type { JwtVerifier } from '../jwt.ts';
import type { Service } from '../service.ts';
import { ReloadListener } from './database/reload-listener.ts';
import { RestDatabase } from './database/rest-database.ts';
import { loadState, StateLoader, type EngineState } from './engine-state.ts';
import { handleRequest } from './handle-request.ts';
import type { HttpResponse } from './http/response.ts';
import { errorResponse } from './http/error-response.ts';
import { exposeHeaders } from './http/expose-headers.ts';
import { RestError } from './http/rest-error.ts';
import { sendResponse } from './http/send-response.ts';
import { ServerTiming } from './http/server-timing.ts';
import type { RawRequest } from './parse/api-request.ts';
import { bodyTooLarge } from './parse/request-errors.ts';
import type { RequestExplanation } from './request-explanation.ts';
import { RequestTrace } from './request-trace.ts';
import { withEarlierVary } from './respond/cache-headers.ts';
import type { RestSettings } from './settings/settings.ts';

/** Largest request body in bytes. */
const MAX_BODY_BYTES = 50 * 1024 * 1024;
const CLOSE_GRACE_MS = 1000;

export interface EngineOptions {
  readonly settings: RestSettings;
  /** Undefined refuses every token: there is no secret to verify one with. */
  readonly verifier: JwtVerifier | undefined;
  /** Opens a pool of connections of the login role. */
  readonly createPool: (options: pg.PoolConfig) => pg.Pool;
  /** Settings of the login role's connection that listens for reloads. */
  readonly connection: pg.ClientConfig;
  readonly logger: Logger;
  /** What `RestEngine.read` has returned: the engine starts at once. */
  readonly early?: EngineState;
  /** Refuse updates and deletes without a filter, as Supabase does and PostgREST alone does not. */
  readonly safeUpdates?: boolean;
  /** Receives what is refused, answered without rows, or slow. */
  readonly observations?: Observations;
  /** Receives each transaction of a request before it runs. */
  readonly onExplain?: (explanation: RequestExplanation) => void;
}

/** PostgREST's behaviour on one database, as a request handler. */
export class RestEngine implements Service {
  readonly #options: EngineOptions;
  readonly #database: RestDatabase;
  readonly #loader: StateLoader;
  readonly #listener: ReloadListener;
  readonly #open = new OpenRequests();

  private constructor(
    options: EngineOptions,
    database: RestDatabase,
    loader: StateLoader,
    listener: ReloadListener,
  ) {
    this.#options = options;
    this.#database = database;
    this.#loader = loader;
    this.#listener = listener;
  }

  /** Reads the schema and listens for its changes. @throws when the database cannot be read */
  static async start(options: EngineOptions): Promise<RestEngine> {
    const { settings, safeUpdates = false, logger, early } = options;
    const database = new RestDatabase(options.createPool);
    try {
      const loader = await StateLoader.start({ database, settings, safeUpdates, logger }, early);
      const listener = await ReloadListener.start(options.connection, () => void loader.reload());
      if (early) void loader.reloadIfOutdated();
      return new RestEngine(options, database, loader, listener);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** Reads what a start reads, for one that is to be fast. @throws as `start` */
  static async read({
    settings,
    safeUpdates = false,
    logger,
    createPool,
  }: EngineOptions): Promise<EngineState> {
    const database = new RestDatabase(createPool);
    try {
      return await loadState({ database, settings, safeUpdates, logger });
    } finally {
      await database.close();
    }
  }

  handle(req: IncomingMessage, res: ServerResponse): void {
    const done = this.#handle(req, res).catch((error: unknown) => {
      this.#options.logger.error(`REST: ${errorMessage(error)}`);
      res.destroy();
    });
    this.#open.track(res, done);
  }

  /** Reads the schema cache and the in-database configuration again. */
  reload(): Promise<void> {
    return this.#loader.reload();
  }

  async close(): Promise<void> {
    this.#loader.close();
    await this.#listener.close();
    await this.#database.close();
    // Does not wait for a client that is slow to send its body.
    const waiting = new AbortController();
    const grace = delay(CLOSE_GRACE_MS, undefined, { signal: waiting.signal });
    await Promise.race([this.#open.settled(), grace]);
    waiting.abort();
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { settings } = this.#loader.state;
    const { method = 'GET', url = '/', headers } = req;
    const body = await readBody(req, MAX_BODY_BYTES);
    if (body === 'aborted') return;
    const response =
      body === 'too-large'
        ? errorResponse(bodyTooLarge(MAX_BODY_BYTES), settings.errorVerbosity)
        : await this.#respond({ method, url, headers, body }, req);
    const traced = withTrace(response, headers, settings.traceHeader);
    const varied = withEarlierVary(traced, res.getHeader('vary'));
    sendResponse(res, exposeHeaders(varied, headers.origin), method === 'HEAD');
  }

  async #respond(raw: RawRequest, req: IncomingMessage): Promise<HttpResponse> {
    const { state } = this.#loader;
    const { settings } = state;
    const { observations, onExplain } = this.#options;
    const timing = new ServerTiming();
    const trace = observations?.isActive || onExplain ? new RequestTrace(onExplain) : undefined;
    try {
      const response = await handleRequest(raw, {
        database: this.#database,
        verifier: this.#options.verifier,
        safeUpdates: this.#options.safeUpdates ?? false,
        trace,
        state,
        timing,
      });
      timing.end('response');
      if (observations) trace?.answered(observations, { raw, req, status: response.status, timing });
      return settings.serverTiming
        ? { ...response, headers: [...response.headers, timing.header()] }
        : response;
    } catch (error) {
      const refusal = toRestError(error, this.#options.logger);
      if (observations)
        trace?.answered(observations, { raw, req, status: refusal.status, timing, error: refusal });
      return errorResponse(refusal, settings.errorVerbosity);
    }
  }
}

/** An unexpected error is a fault of this engine: it is logged, and the client receives it as a 500. */
function toRestError(error: unknown, logger: Logger): RestError {
  if (error instanceof RestError) return error;
  logger.error(`REST: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new RestError(500, { code: 'PGRSTX00', message: errorMessage(error) });
}

/** Returns a request header in the response, by which a request is traced through several servers. */
function withTrace(
  response: HttpResponse,
  headers: IncomingHttpHeaders,
  name: string | undefined,
): HttpResponse {
  if (name === undefined) return response;
  const value = headers[name.toLowerCase()];
  const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return { ...response, headers: [[name, text], ...response.headers] };
}
