import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { isObject } from '../../shared/json.ts';
import { parseJsonc } from '../../shared/jsonc.ts';

/** Specifiers and prefixes that end in `/`, with their addresses. */
export type ImportEntries = Readonly<Record<string, unknown>>;

export interface ImportMap {
  readonly imports: ImportEntries;
  readonly scopes?: Readonly<Record<string, unknown>>;
}

/**
 * The import map of an import_map.json or deno.json(c), with absolute addresses.
 *
 * @returns an empty one without a file; undefined for a file that cannot be read here: Deno itself reports it
 */
export async function readImportMap(file: string | undefined): Promise<ImportMap | undefined> {
  if (file === undefined) return { imports: {} };
  try {
    const value = parseJsonc(await readFile(file, 'utf8'));
    if (!isObject(value)) return undefined;
    const base = pathToFileURL(file);
    return {
      imports: resolveEntries(isObject(value.imports) ? value.imports : {}, base),
      ...(isObject(value.scopes) && { scopes: resolveScopes(value.scopes, base) }),
    };
  } catch {
    return undefined;
  }
}

/** The address of a specifier: of its own entry, else of the longest prefix; undefined where the map has none. */
export function lookUp(imports: ImportEntries, specifier: string): string | undefined {
  const own = imports[specifier];
  if (typeof own === 'string') return own;
  const prefixes = Object.keys(imports).filter((name) => name.endsWith('/') && specifier.startsWith(name));
  const longest = prefixes.reduce((best, name) => (name.length > best.length ? name : best), '');
  return longest === '' ? undefined : `${String(imports[longest])}${specifier.slice(longest.length)}`;
}

/** Relative addresses become absolute; as in a deno.json, `jsr:` and `npm:` packages also map their subpaths. */
function resolveEntries(entries: ImportEntries, base: URL): Record<string, unknown> {
  const resolved: Record<string, unknown> = {};
  for (const [name, address] of Object.entries(entries)) {
    if (typeof address !== 'string') continue;
    resolved[name] = /^\.{0,2}\//.test(address) ? new URL(address, base).href : address;
    const [, scheme, rest] = /^(jsr:|npm:)\/?(.+[^/])$/.exec(address) ?? [];
    if (scheme !== undefined && !name.endsWith('/') && entries[`${name}/`] === undefined)
      resolved[`${name}/`] = `${scheme}/${rest}/`;
  }
  return resolved;
}

function resolveScopes(scopes: Record<string, unknown>, base: URL): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(scopes).map(([scope, entries]) => [
      /^\.{0,2}\//.test(scope) ? new URL(scope, base).href : scope,
      isObject(entries) ? resolveEntries(entries, base) : entries,
    ]),
  );
}
