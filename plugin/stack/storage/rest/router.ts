/** A route of the Storage API; `T` is what it leads to. */
export interface Route<T> {
  readonly method: string;
  /** Segments: literal, `:name` (one segment, not empty) or a final `*` (the rest, which may be empty). */
  readonly path: string;
  readonly target: T;
}

export interface RouteMatch<T> {
  readonly target: T;
  /** Decoded values of the `:name` segments and of `*`. */
  readonly params: Record<string, string>;
}

/** A path with an invalid percent escape. */
export class BadUrlError extends Error {
  override readonly name = 'BadUrlError';
}

interface CompiledRoute<T> {
  readonly segments: readonly string[];
  readonly target: T;
}

/**
 * Finds routes as the original's router does: literal segments win over parameters, and parameters over the rest.
 * Paths are split before they are decoded, so an encoded slash never separates segments.
 */
export class Router<T> {
  readonly #byMethod = new Map<string, CompiledRoute<T>[]>();

  constructor(routes: readonly Route<T>[]) {
    for (const { method, path, target } of routes) {
      const known = this.#byMethod.get(method) ?? [];
      known.push({ segments: path.split('/').slice(1), target });
      this.#byMethod.set(method, known);
    }
    for (const known of this.#byMethod.values()) known.sort(compareSpecificity);
  }

  /** @throws BadUrlError */
  find(method: string, path: string): RouteMatch<T> | undefined {
    const parts = path.split('/').slice(1);
    for (const route of this.#byMethod.get(method) ?? []) {
      const params = match(route.segments, parts);
      if (params) return { target: route.target, params };
    }
    return undefined;
  }
}

function match(segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (segment === '*') {
      if (parts.length <= index) return undefined;
      params['*'] = decode(parts.slice(index).join('/'));
      return params;
    }
    const part = parts[index];
    if (part === undefined) return undefined;
    if (segment.startsWith(':')) {
      if (part === '') return undefined;
      params[segment.slice(1)] = decode(part);
    } else if (part !== segment) return undefined;
  }
  return parts.length === segments.length ? params : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadUrlError(text);
  }
}

function compareSpecificity<T>(a: CompiledRoute<T>, b: CompiledRoute<T>): number {
  for (let index = 0; index < Math.max(a.segments.length, b.segments.length); index += 1) {
    const difference = rank(b.segments[index]) - rank(a.segments[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 0;
  if (segment === '*') return 1;
  return segment.startsWith(':') ? 2 : 3;
}
