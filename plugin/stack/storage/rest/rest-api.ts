import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JwtVerifier } from '../../jwt.ts';
import { ANONYMOUS, authenticate, authenticateLoosely, type Caller } from '../http/authenticate.ts';
import { storageErrors } from '../errors.ts';
import { readJsonBody } from '../http/body.ts';
import { sendError, sendJson, type Exchange } from '../http/exchange.ts';
import { BadUrlError, Router, type Route } from './router.ts';
import { checkSchema } from '../http/schema.ts';
import type { RestTarget } from './routes.ts';

/** The REST API: finds the route, checks the request in the order of the original, answers. */
export class RestApi {
  readonly #router: Router<RestTarget>;
  readonly #verifier: JwtVerifier;

  constructor(routes: readonly Route<RestTarget>[], verifier: JwtVerifier) {
    this.#router = new Router(routes);
    this.#verifier = verifier;
  }

  async handle(req: IncomingMessage, res: ServerResponse, url: string): Promise<void> {
    try {
      await this.#answer(req, res, url);
    } catch (error) {
      sendError(req, res, error);
    }
  }

  async #answer(req: IncomingMessage, res: ServerResponse, url: string): Promise<void> {
    const [path, search] = splitOnce(url, '?');
    const method = req.method ?? 'GET';
    let found;
    try {
      found = this.#router.find(method, path);
    } catch (error) {
      if (!(error instanceof BadUrlError)) throw error;
      const message = `'${path}' is not a valid url component`;
      const body = { error: 'Bad Request', code: 'FST_ERR_BAD_URL', message, statusCode: 400 };
      return sendJson(res, 400, body, 'application/json');
    }
    if (!found) return sendNoRoute(res, method, url);
    const { target, params } = found;
    const query = new URLSearchParams(search);
    const body = await readInput(target, req, query);
    if (target.auth === 'header' && req.headers.authorization === undefined)
      throw storageErrors.invalidSchema("headers must have required property 'authorization'");
    const caller = await this.#authenticate(target, req);
    const exchange: Exchange = { req, res, url, params, query, body, caller, operation: target.operation };
    await target.handle(exchange);
  }

  async #authenticate(target: RestTarget, req: IncomingMessage): Promise<Caller> {
    if (target.auth === 'none') return ANONYMOUS;
    return target.auth === 'optional'
      ? authenticateLoosely(this.#verifier, req)
      : authenticate(this.#verifier, req);
  }
}

async function readInput(target: RestTarget, req: IncomingMessage, query: URLSearchParams): Promise<unknown> {
  const { input } = target;
  if (input === 'stream' || input === 'nothing') return undefined;
  if (input === 'json' || input === 'json?') return readJsonBody(req, input === 'json?');
  if ('query' in input) return checkSchema(input.query, Object.fromEntries(query), 'querystring');
  return checkSchema(input.body, await readJsonBody(req, false), 'body');
}

const API_AREAS = /^\/(?:object|bucket|render|vector|cdn)(?:\/|$|\?)/;

/** Inside an area of the API the body is one of its errors, elsewhere it is Fastify's own. */
function sendNoRoute(res: ServerResponse, method: string, url: string): void {
  const message = `Route ${method}:${url} not found`;
  if (API_AREAS.test(url)) {
    const body = { statusCode: '404', error: 'Not Found', message, code: 'InvalidRequest' };
    sendJson(res, 404, body, 'application/json');
  } else sendJson(res, 404, { message, error: 'Not Found', statusCode: 404 });
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
