import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isObject } from '../../shared/json.ts';
import type { FunctionDefinition } from './definitions.ts';

/** How functions import the types of the edge runtime: `jsr:@supabase/functions-js@2/edge-runtime.d.ts` and the like. */
const TYPES = /["'](jsr:\/?@supabase\/functions-js(?:@[^"'/]*)?\/(?:src\/)?edge-runtime\.d\.ts)["']/g;
const TYPES_PACKAGE = /^jsr:\/?@supabase\/functions-js(?:@[^/]*)?$/;
const NOTHING = 'data:text/javascript,';

/**
 * An import map with which the import of the runtime's types loads nothing: it has no effect at run time, yet Deno would
 * fetch it before the first call, and a machine without a network could not run the function at all.
 *
 * @returns the map as a `data:` URL, with what the function's own map or deno.json maps; undefined when it imports no
 *   such types, or has a map that cannot be read here
 */
export async function mapTypesAway(
  { importMap, slug }: FunctionDefinition,
  functionsDir: string,
): Promise<string | undefined> {
  const own = importMap === undefined ? {} : await readMap(importMap);
  if (own === undefined) return undefined;
  const imports = isObject(own.imports) ? own.imports : {};
  const aliases = Object.keys(imports).filter((name) => TYPES_PACKAGE.test(String(imports[name])));
  const specifiers = [
    ...aliases.flatMap((name) => [`${name}/edge-runtime.d.ts`, `${name}/src/edge-runtime.d.ts`]),
    ...(await findSpecifiers(functionsDir, slug)),
  ];
  if (specifiers.length === 0) return undefined;
  const base = importMap === undefined ? undefined : pathToFileURL(importMap);
  const map = {
    imports: {
      ...resolveEntries(imports, base),
      ...Object.fromEntries(specifiers.map((specifier) => [specifier, NOTHING])),
    },
    ...(isObject(own.scopes) && { scopes: resolveScopes(own.scopes, base) }),
  };
  return `data:application/json,${encodeURIComponent(JSON.stringify(map))}`;
}

/** The specifiers of the types in the function's own files and in the folders that functions share. */
async function findSpecifiers(functionsDir: string, slug: string): Promise<string[]> {
  const folders = [
    slug,
    ...(await readdir(functionsDir).catch(() => [])).filter((name) => name.startsWith('_')),
  ];
  const found = new Set<string>();
  for (const folder of folders) {
    const names = await readdir(join(functionsDir, folder), { recursive: true }).catch(() => []);
    const sources = names.filter((name) => /\.[cm]?[jt]sx?$/.test(name) && !name.includes('node_modules'));
    const texts = await Promise.all(
      sources.map((name) => readFile(join(functionsDir, folder, name), 'utf8').catch(() => '')),
    );
    for (const text of texts) for (const [, specifier = ''] of text.matchAll(TYPES)) found.add(specifier);
  }
  return [...found];
}

async function readMap(file: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(withoutComments(await readFile(file, 'utf8')));
    return isObject(value) ? value : undefined;
  } catch {
    // Deno itself reports a file that it cannot read.
    return undefined;
  }
}

/** JSON of a text with comments and trailing commas, which deno.json may have. */
function withoutComments(text: string): string {
  return text
    .replace(
      /("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g,
      (_match, string: string | undefined) => string ?? '',
    )
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_match, string: string | undefined) => string ?? '');
}

/** Relative addresses become absolute; as in a deno.json, `jsr:` and `npm:` packages also map their subpaths. */
function resolveEntries(entries: Record<string, unknown>, base: URL | undefined): Record<string, unknown> {
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

function resolveScopes(scopes: Record<string, unknown>, base: URL | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(scopes).map(([scope, entries]) => [
      /^\.{0,2}\//.test(scope) ? new URL(scope, base).href : scope,
      isObject(entries) ? resolveEntries(entries, base) : entries,
    ]),
  );
}
