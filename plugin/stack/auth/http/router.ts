import { decodePercent } from '../../http/percent.ts';
import type { AuthRequest } from './request.ts';
import { methodNotAllowed, pageNotFound, type Reply } from './reply.ts';

/** Runs before a handler; throws an AuthError to refuse the request. */
export type Guard<A> = (app: A, req: AuthRequest) => Promise<void> | void;
export type Handler<A> = (app: A, req: AuthRequest) => Promise<Reply> | Reply;

interface Endpoint<A> {
  readonly method: string;
  readonly path: string;
  readonly guards: readonly Guard<A>[];
  readonly handler: Handler<A>;
}

interface Group<A> {
  readonly prefix: string;
  readonly guards: readonly Guard<A>[];
  readonly routes: readonly Route<A>[];
}

export type Route<A> = Endpoint<A> | Group<A>;

/** One endpoint; `path` has one segment at most (`/x`, `/:id`), or is '' for the group's own path. */
export function route<A>(method: string, path: string, ...steps: [...Guard<A>[], Handler<A>]): Endpoint<A> {
  return { method, path, guards: steps.slice(0, -1) as Guard<A>[], handler: steps.at(-1) as Handler<A> };
}

/** Routes below a prefix. Its guards run for whatever is asked there, also for what does not exist. */
export function group<A>(prefix: string, guards: readonly Guard<A>[], routes: readonly Route<A>[]): Group<A> {
  return { prefix, guards, routes };
}

/** Finds and runs the handler; 404 and 405 as the original's router answers them. */
export async function dispatch<A>(app: A, req: AuthRequest, routes: readonly Route<A>[]): Promise<Reply> {
  return walk(app, req, routes, req.path);
}

async function walk<A>(app: A, req: AuthRequest, routes: readonly Route<A>[], path: string): Promise<Reply> {
  const endpoints = routes.filter(
    (candidate): candidate is Endpoint<A> =>
      'method' in candidate && match(candidate.path, path, true) !== undefined,
  );
  const found = endpoints.find((endpoint) => endpoint.method === req.method);
  if (found) {
    Object.assign(req.params, match(found.path, path, true)?.params);
    for (const guard of found.guards) await guard(app, req);
    return found.handler(app, req);
  }
  for (const candidate of routes) {
    if (!('routes' in candidate)) continue;
    const matched = match(candidate.prefix, path, false);
    if (!matched) continue;
    Object.assign(req.params, matched.params);
    for (const guard of candidate.guards) await guard(app, req);
    return walk(app, req, candidate.routes, matched.rest === '/' ? '' : matched.rest);
  }
  return endpoints.length > 0 ? methodNotAllowed(endpoints.map(({ method }) => method)) : pageNotFound;
}

function match(
  pattern: string,
  path: string,
  whole: boolean,
): { params: Record<string, string>; rest: string } | undefined {
  const wanted = pattern === '' ? [] : pattern.slice(1).split('/');
  const given = path === '' ? [] : path.slice(1).split('/');
  if (given.length < wanted.length || (whole && given.length !== wanted.length)) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith(':') && value !== '') params[segment.slice(1)] = decodePercent(value) ?? value;
    else if (segment !== value) return undefined;
  }
  const rest = given.slice(wanted.length);
  return { params, rest: rest.length === 0 ? '' : `/${rest.join('/')}` };
}
