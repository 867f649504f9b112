// Storage v1.70.6 src/app.ts, src/http/not-found-handler.ts
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JwtVerifier } from '../../jwt.ts';
import { ANONYMOUS, type Caller } from '../database/request-scope.ts';
import { storageErrors } from '../errors.ts';
import { authenticate, authenticateOptionally } from '../http/authenticate.ts';
import { sendJson } from '../http/respond.ts';
import type { Authentication, RestContext, Route } from './route.ts';
import { BadUrlError, Router } from './router.ts';
import { restRoutes } from './routes.ts';

/** The REST API: finds the route, checks the request in Storage's order, answers. */
export class RestApi {
  readonly #router: Router<Route>;
  readonly #context: RestContext;
  readonly #verifier: JwtVerifier;

  constructor(context: RestContext, verifier: JwtVerifier) {
    this.#router = new Router(restRoutes(context.transformsImages));
    this.#context = context;
    this.#verifier = verifier;
  }

  /** @throws StorageError, which the service answers */
  async handle(req: IncomingMessage, res: ServerResponse, url: string): Promise<void> {
    const [path, search] = splitOnce(url, '?');
    const { method = 'GET' } = req;
    let found;
    try {
      found = this.#router.find(method, path);
    } catch (error) {
      if (!(error instanceof BadUrlError)) throw error;
      return sendBadUrl(res, path);
    }
    if (!found) return sendNoRoute(res, method, url);
    const { bucket = '', '*': name = '' } = found.params;
    const query = new URLSearchParams(search);
    await found.route.answer(this.#context, {
      req,
      res,
      url,
      query,
      bucket,
      name,
      authenticate: (authentication) => this.#authenticate(authentication, req),
    });
  }

  async #authenticate(authentication: Authentication, req: IncomingMessage): Promise<Caller> {
    if (authentication === 'none') return ANONYMOUS;
    if (authentication === 'optional') return authenticateOptionally(this.#verifier, req);
    if (authentication === 'header' && req.headers.authorization === undefined)
      throw storageErrors.invalidSchema("headers must have required property 'authorization'");
    return authenticate(this.#verifier, req);
  }
}

function sendBadUrl(res: ServerResponse, path: string): void {
  const message = `'${path}' is not a valid url component`;
  const body = { error: 'Bad Request', code: 'FST_ERR_BAD_URL', message, statusCode: 400 };
  sendJson(res, 400, body, 'application/json');
}

const API_AREAS = /^\/(?:object|bucket|render|vector|cdn)(?:\/|$|\?)/;

/** Inside an area of the API the body is one of Storage's errors, elsewhere it is Fastify's. */
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
