import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorMessage, SupabaseDevError } from '../../shared/errors.ts';
import { isObject, parseJson } from '../../shared/json.ts';
import type { StackContext } from '../context.ts';
import { bearerToken } from '../http/bearer.ts';
import { OpenRequests } from '../http/open-requests.ts';
import type { Service } from '../service.ts';
import { failureAnswer, NOT_FOUND, ownAnswer, send, unauthorizedAnswer, type Answer } from './answers.ts';
import { authorize, mayUseToken } from './authorize.ts';
import { call, readBody, type CallBody } from './call.ts';
import type { FunctionDefinition } from './definitions.ts';
import { LiveFunctions, type FunctionsOptions } from './live-functions.ts';
import { readFunctionsSettings } from './settings.ts';
import { refuseUpgrade, upgrade } from './upgrade.ts';
import type { Lease } from './workers.ts';

/**
 * The edge functions of `supabase/functions`, each in a Deno process of its own; undefined where config.toml says
 * `[edge_runtime] enabled = false`. Nothing starts before the first call.
 */
export function createFunctionsService(
  context: StackContext,
  options: FunctionsOptions,
): Service | undefined {
  const settings = readFunctionsSettings(context.config);
  return settings.enabled
    ? new FunctionsService(context, new LiveFunctions(context, settings, options))
    : undefined;
}

class FunctionsService implements Service {
  readonly #context: StackContext;
  readonly #functions: LiveFunctions;
  readonly #open = new OpenRequests();

  constructor(context: StackContext, functions: LiveFunctions) {
    this.#context = context;
    this.#functions = functions;
  }

  handle(req: IncomingMessage, res: ServerResponse): void {
    const done = this.#answer(req, res).catch((error: unknown) => {
      this.#context.logger.error(`supabase: functions: ${errorMessage(error)}`);
      send(res, INTERNAL_ERROR);
    });
    this.#open.track(res, done);
  }

  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#connect(req, socket, head).catch((error: unknown) => {
      this.#context.logger.error(`supabase: functions: ${errorMessage(error)}`);
      refuseUpgrade(socket, INTERNAL_ERROR);
    });
  }

  async close(): Promise<void> {
    await this.#functions.close();
    this.#open.abort();
    await this.#open.settled();
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let body: CallBody | undefined;
    // A worker may be killed between two calls: the next one then meets a socket on which nobody listens.
    for (let attempt = 1; ; attempt++) {
      const admitted = await this.#admit(req);
      if ('status' in admitted) {
        this.#report(req, admitted);
        return send(res, admitted);
      }
      const { worker, release } = admitted;
      body ??= await readBody(req);
      if (body === undefined) return release();
      const failure = await call(req, res, worker, await worker.ready, body).finally(release);
      if (failure === undefined) return undefined;
      if (failure !== 'unsent') return send(res, failureAnswer(failure));
      if (attempt === MAX_ATTEMPTS) return send(res, failureAnswer('exit'));
      await worker.endedWithin(CLOSING_MS);
    }
  }

  /** Reports a refused call to those who explain it; a function that does not start is reported by its own error. */
  #report(req: IncomingMessage, { status, body }: Answer): void {
    const { observations } = this.#context;
    if (!observations.isActive || (status !== 401 && status !== 404)) return;
    const json = parseJson(body);
    const text = (name: string): string | undefined =>
      isObject(json) && typeof json[name] === 'string' ? json[name] : undefined;
    const token = bearerToken(req.headers.authorization);
    const message = text('message') ?? text('msg') ?? body;
    observations.emit({
      kind: 'function',
      request: req,
      slug: slugOf(req),
      status,
      code: text('code') ?? String(status),
      message,
      token,
    });
  }

  async #connect(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const admitted = await this.#admit(req);
    if ('status' in admitted) return refuseUpgrade(socket, admitted);
    try {
      await upgrade(req, socket, head, await admitted.worker.ready);
    } finally {
      admitted.release();
    }
  }

  /** The worker for a call, or what to answer instead. */
  async #admit(req: IncomingMessage): Promise<Lease | Answer> {
    const definition = await this.#functions.find(slugOf(req));
    if (!definition) return NOT_FOUND;
    if (!mayUseToken(req.headers)) return ROLE_NOT_ALLOWED;
    if (req.method !== 'OPTIONS' && definition.verifyJwt) {
      const refused = await authorize(req.headers, this.#context.jwt);
      if (refused) return unauthorizedAnswer(refused);
    }
    return this.#acquire(definition);
  }

  async #acquire(definition: FunctionDefinition): Promise<Lease | Answer> {
    try {
      return await this.#functions.acquire(definition);
    } catch (error) {
      if (!(error instanceof SupabaseDevError)) throw error;
      if (error.code !== 'DENO_MISSING') return failureAnswer('boot');
      return ownAnswer(503, { code: error.code, message: error.message, hint: error.hint });
    }
  }
}

/** The name of the function that a request calls, as its URL has it. */
function slugOf({ url = '' }: IncomingMessage): string {
  return /^\/([^/?]*)/.exec(url)?.[1] ?? '';
}

const MAX_ATTEMPTS = 3;
const CLOSING_MS = 1_000;

const INTERNAL_ERROR = ownAnswer(500, {
  code: 'Internal Server Error',
  message: 'Request failed due to an internal server error',
});

const ROLE_NOT_ALLOWED = unauthorizedAnswer({ code: 'UNAUTHORIZED_JWT', message: 'Invalid JWT' });
