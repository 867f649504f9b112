import { isObject } from '../../../plugin/shared/json.ts';
import { cutText } from './recording.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Compares recorded frames with frames of this server. Generated values (ids of bindings, references of presences, UUIDs)
 * are mapped at their first occurrence and must stay consistent afterwards.
 */
export class Matcher {
  readonly #bound = new Map<string, unknown>();

  /** @returns undefined when they match, otherwise where they differ */
  difference(expected: unknown, actual: unknown, path = ''): string | undefined {
    const key = path.slice(path.lastIndexOf('.') + 1);
    if (this.#isVolatile(key, path, expected, actual)) return this.#bind(path, expected, actual);
    if (key === 'commit_timestamp' && typeof expected === 'string' && typeof actual === 'string')
      return undefined;
    if (typeof expected === 'string' && typeof actual === 'string') return this.#text(expected, actual, path);
    if (Array.isArray(expected) && Array.isArray(actual)) return this.#array(expected, actual, path);
    if (isObject(expected) && isObject(actual)) return this.#object(expected, actual, path);
    return Object.is(expected, actual) ? undefined : this.#describe(path, expected, actual);
  }

  #isVolatile(key: string, path: string, expected: unknown, actual: unknown): boolean {
    if (key === 'phx_ref' || key === 'phx_ref_prev') return true;
    const isBindingId = /\.ids\[\d+\]$/.test(path) || /postgres_changes\[\d+\]\.id$/.test(path);
    if (isBindingId) return typeof actual === 'number';
    return (
      [expected, actual].every((value) => typeof value === 'string' && UUID.test(value)) &&
      expected !== actual
    );
  }

  #bind(path: string, expected: unknown, actual: unknown): string | undefined {
    const name = String(expected);
    if (!this.#bound.has(name)) this.#bound.set(name, actual);
    return this.#bound.get(name) === actual ? undefined : this.#describe(path, this.#bound.get(name), actual);
  }

  #text(expected: string, actual: string, path: string): string | undefined {
    const normalise = (text: string): string =>
      cutText(text)
        .replace(/expired \d+ seconds/, 'expired N seconds')
        .replace(/"id":"[0-9a-f-]{36}"/, '"id":"…"');
    return normalise(expected) === normalise(actual) ? undefined : this.#describe(path, expected, actual);
  }

  #array(expected: unknown[], actual: unknown[], path: string): string | undefined {
    if (expected.length !== actual.length) return this.#describe(path, expected, actual);
    return first(expected, (value, i) => this.difference(value, actual[i], `${path}[${i}]`));
  }

  #object(
    expected: Record<string, unknown>,
    actual: Record<string, unknown>,
    path: string,
  ): string | undefined {
    const names = Object.keys(expected);
    if (names.length !== Object.keys(actual).length) return this.#describe(path, expected, actual);
    const others = Object.keys(actual).filter((name) => !(name in expected));
    return first(names, (name) => {
      // Keys of presences may be generated.
      const own =
        name in actual ? name : UUID.test(name) ? others.find((other) => UUID.test(other)) : undefined;
      if (own === undefined) return this.#describe(path, expected, actual);
      if (own !== name && this.#bind(path, name, own)) return this.#describe(path, name, own);
      return this.difference(expected[name], actual[own], `${path}.${name}`);
    });
  }

  #describe(path: string, expected: unknown, actual: unknown): string {
    return `${path || 'frame'}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)?.slice(0, 600)}`;
  }
}

function first<T>(
  values: readonly T[],
  find: (value: T, i: number) => string | undefined,
): string | undefined {
  for (const [i, value] of values.entries()) {
    const found = find(value, i);
    if (found !== undefined) return found;
  }
  return undefined;
}
