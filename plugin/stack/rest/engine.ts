import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from '../../shared/logger.ts';
import { errorMessage } from '../../shared/errors.ts';
import type { JwtVerifier } from '../jwt.ts';
import type { Service } from '../service.ts';
import { ReloadListener } from './database/reload-listener.ts';
import { RestDatabase } from './database/rest-database.ts';
import { StateLoader } from './engine-state.ts';
import { handleRequest, type StageTimes } from './handle-request.ts';
import { answerPreflight, withCors } from './http/cors.ts';
import { readBody } from './http/read-body.ts';
import { sendAnswer } from './http/send-answer.ts';
import type { RawRequest } from './parse/api-request.ts';
import type { RequestExplanation } from './request-explanation.ts';
import type { Header, HttpAnswer } from './respond/answer.ts';
import { encodeError, RestError } from './rest-error.ts';
import type { RestSettings } from './settings/settings.ts';

const CLOSE_GRACE_MS = 1000;

export interface EngineOptions {
  readonly settings: RestSettings;
  /** Undefined: tokens are refused, there being no secret to verify them with. */
  readonly verifier: JwtVerifier | undefined;
  /** Connections of the login role. */
  readonly createPool: (options: pg.PoolConfig) => pg.Pool;
  /** The same, for the one connection that listens. */
  readonly connection: pg.ClientConfig;
  readonly logger: Logger;
  readonly onExplain?: (explanation: RequestExplanation) => void;
}

export interface RestEngine extends Service {
  /** Reads schema cache and in-database configuration anew. */
  reload(): Promise<void>;
}

/** Starts the engine: reads the schema, listens for changes of it. */
export async function startEngine(options: EngineOptions): Promise<RestEngine> {
  const { logger } = options;
  const database = new RestDatabase(options.createPool);
  let loader: StateLoader;
  let listener: ReloadListener;
  try {
    loader = await StateLoader.start(database, options.settings, logger);
    listener = await ReloadListener.start(options.connection, () => void loader.reload());
  } catch (error) {
    await database.close();
    throw error;
  }
  const open = new Set<Promise<void>>();
  let timezones: Promise<ReadonlySet<string>> | undefined;
  const context = {
    database,
    verifier: options.verifier,
    onExplain: options.onExplain,
    timezones: () => (timezones ??= loadTimezones(database)),
  };

  const answer = async (raw: RawRequest): Promise<HttpAnswer> => {
    const { state } = loader;
    const times: StageTimes = new Map();
    const started = performance.now();
    try {
      const result = await handleRequest(raw, { ...context, state }, times);
      times.set('response', performance.now());
      if (!state.settings.serverTiming) return result;
      return { ...result, headers: [...result.headers, serverTiming(started, times)] };
    } catch (error) {
      return errorAnswer(toRestError(error, logger), state.settings);
    }
  };

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const { settings } = loader.state;
    const { method = 'GET', url = '/', headers } = req;
    let result = answerPreflight(method, headers, settings.corsOrigins);
    try {
      const body = await readBody(req);
      if (body === undefined) return;
      result ??= await answer({ method, url, headers, body });
    } catch (error) {
      result = errorAnswer(toRestError(error, logger), settings);
    }
    const traced = withTrace(result, headers, settings.traceHeader);
    sendAnswer(res, withCors(traced, headers, settings.corsOrigins), method === 'HEAD');
  };

  return {
    handle(req, res) {
      const done = handle(req, res)
        .catch((error: unknown) => {
          logger.error(`REST: ${errorMessage(error)}`);
          res.destroy();
        })
        .finally(() => open.delete(done));
      open.add(done);
    },
    reload: () => loader.reload(),
    async close() {
      await listener.close();
      await database.close();
      // A client that is slow to send its body is not waited for.
      const waiting = new AbortController();
      const grace = delay(CLOSE_GRACE_MS, undefined, { signal: waiting.signal });
      await Promise.race([Promise.allSettled(open), grace]);
      waiting.abort();
    },
  };
}

/** Anything but a known error is a fault of this engine: said in the terminal, and answered as such. */
function toRestError(error: unknown, logger: Logger): RestError {
  if (error instanceof RestError) return error;
  logger.error(`REST: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new RestError(500, { code: 'PGRSTX00', message: errorMessage(error) });
}

function errorAnswer(error: RestError, settings: RestSettings): HttpAnswer {
  const body = encodeError(error, settings.errorVerbosity);
  return {
    status: error.status,
    statusText: error.statusText,
    headers: [
      ['Content-Type', 'application/json; charset=utf-8'],
      ['Content-Length', String(Buffer.byteLength(body))],
      ['Proxy-Status', `PostgREST; error=${error.code}`],
      ...(error.status === 503 ? [['Retry-After', '1'] as const] : []),
      ...error.headers,
    ],
    body,
  };
}

function serverTiming(started: number, times: StageTimes): Header {
  let before = started;
  const stages = [...times].map(([stage, ended]) => {
    const text = `${stage};dur=${(ended - before).toFixed(1)}`;
    before = ended;
    return text;
  });
  return ['Server-Timing', stages.join(', ')];
}

/** Sends a request header back, for whoever follows requests through several servers. */
function withTrace(answer: HttpAnswer, headers: IncomingHttpHeaders, name: string | undefined): HttpAnswer {
  if (name === undefined) return answer;
  const value = headers[name.toLowerCase()];
  const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return { ...answer, headers: [[name, text], ...answer.headers] };
}

async function loadTimezones(database: RestDatabase): Promise<ReadonlySet<string>> {
  const [zones] = await database.run({
    isolationLevel: 'read committed',
    readOnly: true,
    before: [],
    statements: [{ text: 'SELECT name FROM pg_timezone_names', params: [] }],
    end: 'commit',
    prepare: false,
  });
  return new Set(zones?.rows.map(([name]) => name ?? ''));
}
