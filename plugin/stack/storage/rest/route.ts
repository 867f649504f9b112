import type { IncomingMessage } from 'node:http';
import type { Caller } from '../database/request-scope.ts';
import { readJsonBody } from '../http/body.ts';
import type { Exchange } from '../http/exchange.ts';
import { checkSchema, type Schema, type ValueOf } from '../http/schema.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { SignedTokens } from '../objects/signed-token.ts';

/** What the handlers of the REST API work with. */
export interface RestContext {
  readonly objects: ObjectStore;
  readonly tokens: SignedTokens;
  /** Whether image transformation is on; without it `/render` has no routes. */
  readonly transformsImages: boolean;
}

/** A request to a route, with its checked input. */
export interface RestExchange<Input = unknown> extends Exchange {
  /** Path parameters, decoded. */
  readonly bucket: string;
  /** The rest of the path after the bucket: the object's name. */
  readonly name: string;
  /** The JSON body or the query, as the route's schema types it. */
  readonly input: Input;
}

export type Handler<Input> = (context: RestContext, exchange: RestExchange<Input>) => Promise<void>;

/** Reads what a route needs of a request besides its headers. */
type ReadInput<Input> = (req: IncomingMessage, query: URLSearchParams) => Promise<Input>;

/**
 * How a route authenticates. `header`: a token in the Authorization header, which is part of the request's schema;
 * `token`: a token, without that check; `optional`: anonymous without a valid token; `none`: tokens are ignored.
 */
export type Authentication = 'header' | 'token' | 'optional' | 'none';

export interface Route {
  readonly methods: readonly ('GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE')[];
  readonly path: string;
  readonly answer: (context: RestContext, request: RestRequest) => Promise<void>;
}

/** A request as the router passes it on. */
export interface RestRequest extends Omit<RestExchange, 'input' | 'scope'> {
  readonly url: string;
  /** Checks the request's credentials. @throws StorageError */
  readonly authenticate: (authentication: Authentication) => Promise<Caller>;
}

/**
 * A row of the route table.
 *
 * @param target methods and path, such as "GET HEAD /bucket/:bucket"
 * @param operation `storage.operation()` without its prefix, such as "bucket.get"
 */
export function route<Input>(
  target: string,
  operation: string,
  authentication: Authentication,
  readInput: ReadInput<Input>,
  handle: Handler<Input>,
): Route {
  const words = target.split(' ');
  return {
    methods: words.slice(0, -1) as Route['methods'][number][],
    path: words.at(-1) ?? '',
    // Fastify reads and checks the body before Storage's hooks authenticate.
    async answer(context, { authenticate, url, ...request }) {
      const { req, query } = request;
      const input = await readInput(req, query);
      const caller = await authenticate(authentication);
      const { method = '', headers } = req;
      const scope = { caller, operation: `storage.${operation}`, method, url, headers };
      await handle(context, { ...request, input, scope });
    },
  };
}

/** No input: an unread body stays unread, or the handler streams it. */
export async function nothing(): Promise<undefined> {
  return undefined;
}

/** Reads and parses a JSON body whose value does not matter. */
export const anyJson: ReadInput<unknown> = (req) => readJsonBody(req, false);

/** Like `anyJson`; a body declared as JSON may be empty. */
export const emptyOrAnyJson: ReadInput<unknown> = (req) => readJsonBody(req, true);

/** A JSON body that conforms to a schema. */
export function body<const S extends Schema>(schema: S): ReadInput<ValueOf<S>> {
  return async (req) => checkSchema(schema, await readJsonBody(req, false), 'body');
}

/** A query that conforms to a schema; of a repeated parameter the last value. */
export function query<const S extends Schema>(schema: S): ReadInput<ValueOf<S>> {
  return (_req, parameters) => checkSchema(schema, Object.fromEntries(parameters), 'querystring');
}
