import { decodePercent } from '../http/percent.ts';
import type { Context } from './app.ts';
import { methodNotAllowed, pageNotFound, type Reply } from './http/reply.ts';

// A route's type names what must be proved before its handler runs (`Route<SignedIn>`), and only a group whose guard
// proves it can contain the route. What the guards return reaches the handler as its second parameter.

/** Answers a request, given what the guards have proved. */
export type Handler<Known> = (ctx: Context, known: Known) => Promise<Reply> | Reply;

/** Proves something about a request, such as who sent it; throws an AuthError otherwise. */
export type Guard<Known, Proof> = (ctx: Context, known: Known) => Promise<Proof> | Proof;

/** Lets a request pass, or throws an AuthError. */
export type Check = (ctx: Context) => Promise<void> | void;

interface Endpoint<Known> {
  readonly method: string;
  readonly path: string;
  readonly answer: (ctx: Context, known: Known) => Promise<Reply>;
}

interface Group<Known> {
  readonly prefix: string;
  readonly enter: (ctx: Context, path: string, known: Known) => Promise<Reply>;
}

export type Route<Known> = Endpoint<Known> | Group<Known>;

/**
 * One endpoint, with its own checks or guard.
 *
 * @param path has as many segments as it shows (`/x`, `/x/:id`); '' is the group's own path
 */
export function route<K extends object>(method: string, path: string, handler: Handler<K>): Endpoint<K>;
export function route<K extends object>(
  method: string,
  path: string,
  checks: readonly Check[],
  handler: Handler<K>,
): Endpoint<K>;
export function route<K extends object, P extends object>(
  method: string,
  path: string,
  guard: Guard<K, P>,
  handler: Handler<NoInfer<K & P>>,
): Endpoint<K>;
export function route<K extends object, P extends object>(
  method: string,
  path: string,
  ...steps: [Handler<K>] | [readonly Check[] | Guard<K, P>, Handler<K & P>]
): Endpoint<K> {
  if (steps.length === 1) return { method, path, answer: async (ctx, known) => steps[0](ctx, known) };
  const [entry, handler] = steps;
  return { method, path, answer: async (ctx, known) => handler(ctx, await prove(entry, ctx, known)) };
}

/** Routes below a prefix. The checks or the guard also run for paths and methods that do not exist there. */
export function group<K extends object>(
  prefix: string,
  checks: readonly Check[],
  routes: readonly Route<K>[],
): Group<K>;
export function group<K extends object, P extends object>(
  prefix: string,
  guard: Guard<K, P>,
  routes: readonly Route<NoInfer<K & P>>[],
): Group<K>;
export function group<K extends object, P extends object>(
  prefix: string,
  entry: readonly Check[] | Guard<K, P>,
  routes: readonly Route<K & P>[],
): Group<K> {
  return {
    prefix,
    enter: async (ctx, path, known) => dispatch(routes, ctx, path, await prove(entry, ctx, known)),
  };
}

async function prove<K extends object, P extends object>(
  entry: readonly Check[] | Guard<K, P>,
  ctx: Context,
  known: K,
): Promise<K & P> {
  if (typeof entry === 'function') return { ...known, ...(await entry(ctx, known)) };
  for (const check of entry) await check(ctx);
  // Checks prove nothing: the overloads of route() and group() allow them where P adds nothing to K.
  return known as K & P;
}

/** Finds and runs the handler; answers 404 and 405 as GoTrue's router (chi) does. */
export async function dispatch<K extends object>(
  routes: readonly Route<K>[],
  ctx: Context,
  path: string,
  known: K,
): Promise<Reply> {
  const endpoints = routes.flatMap((candidate) => {
    const params = 'method' in candidate ? matchPath(candidate.path, path) : undefined;
    return 'method' in candidate && params ? [{ ...candidate, params }] : [];
  });
  const found = endpoints.find(({ method }) => method === ctx.req.method);
  if (found) return found.answer(withParams(ctx, found.params), known);
  for (const candidate of routes) {
    const matched = 'prefix' in candidate ? matchPrefix(candidate.prefix, path) : undefined;
    if (!('prefix' in candidate) || !matched) continue;
    return candidate.enter(withParams(ctx, matched.params), matched.rest, known);
  }
  return endpoints.length > 0 ? methodNotAllowed(endpoints.map(({ method }) => method)) : pageNotFound;
}

type Params = Readonly<Record<string, string>>;

function withParams(ctx: Context, params: Params): Context {
  return { ...ctx, params: { ...ctx.params, ...params } };
}

function matchPath(pattern: string, path: string): Params | undefined {
  const matched = matchPrefix(pattern, path);
  return matched && segmentsOf(pattern).length === segmentsOf(path).length ? matched.params : undefined;
}

function matchPrefix(pattern: string, path: string): { params: Params; rest: string } | undefined {
  const [wanted, given] = [segmentsOf(pattern), segmentsOf(path)];
  if (given.length < wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith(':') && value !== '') params[segment.slice(1)] = decodePercent(value) ?? value;
    else if (segment !== value) return undefined;
  }
  const rest = given.slice(wanted.length);
  return {
    params,
    rest: rest.length === 0 || (rest.length === 1 && rest[0] === '') ? '' : `/${rest.join('/')}`,
  };
}

function segmentsOf(path: string): string[] {
  return path === '' ? [] : path.slice(1).split('/');
}
