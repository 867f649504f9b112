import type { FunctionDefinition } from './definitions.ts';
import { readImportMap } from './import-map.ts';
import type { Sources } from './sources.ts';

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
  { importMap }: FunctionDefinition,
  sources: Sources,
): Promise<string | undefined> {
  const own = await readImportMap(importMap);
  if (own === undefined) return undefined;
  const { imports } = own;
  const aliases = Object.keys(imports).filter((name) => TYPES_PACKAGE.test(String(imports[name])));
  const specifiers = new Set(
    aliases.flatMap((name) => [`${name}/edge-runtime.d.ts`, `${name}/src/edge-runtime.d.ts`]),
  );
  for (const text of sources.values())
    for (const [, specifier = ''] of text.matchAll(TYPES)) specifiers.add(specifier);
  if (specifiers.size === 0) return undefined;
  const withoutTypes = Object.fromEntries([...specifiers].map((specifier) => [specifier, NOTHING]));
  const map = { ...own, imports: { ...imports, ...withoutTypes } };
  return `data:application/json,${encodeURIComponent(JSON.stringify(map))}`;
}
