// Storage v1.70.6 src/start/server.ts
import FindMyWay, { type HTTPMethod } from 'find-my-way';

export interface RouterEntry {
  readonly methods: readonly HTTPMethod[];
  /** Segments are literal, `:name` or a final `*`, the rest of the path. */
  readonly path: string;
}

export interface RouteMatch<R> {
  readonly route: R;
  /** Decoded values of the `:name` segments and of `*`; each may be empty. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** A path with an invalid percent escape. */
export class BadUrlError extends Error {
  override readonly name = 'BadUrlError';
}

/** Finds routes with find-my-way, Fastify's router, with the options that Storage sets. */
export class Router<R extends RouterEntry> {
  // Without `onBadUrl` it would report a malformed path as a missing route. Only `find` is used, which calls no handler.
  readonly #router = FindMyWay({ maxParamLength: 2500, onBadUrl() {} });

  constructor(routes: readonly R[]) {
    for (const route of routes)
      for (const method of route.methods) this.#router.on(method, route.path, () => {}, route);
  }

  /**
   * @param method as the client wrote it
   * @param path without the query
   * @throws BadUrlError
   */
  find(method: string, path: string): RouteMatch<R> | undefined {
    const found = this.#router.find(method as HTTPMethod, path);
    if (!found) return undefined;
    // Only the match of a malformed path has no store.
    if (found.store === null) throw new BadUrlError(path);
    return { route: found.store as R, params: found.params };
  }
}
