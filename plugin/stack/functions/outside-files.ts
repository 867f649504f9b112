import { stat } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isInside } from '../../shared/files.ts';
import type { FunctionDefinition } from './definitions.ts';
import { lookUp, readImportMap, type ImportEntries } from './import-map.ts';
import { isSource, readText, type Sources } from './sources.ts';

/** What may be a specifier: a string in quotes. */
const QUOTED = /["'](\.{1,2}\/[^"'\n]*|[^"'\s]+)["']/g;

/**
 * The files outside the folder of the functions that a function consists of: its entrypoint and its import map, if they
 * are elsewhere, and what its modules name by a relative path or through the import map, and those modules in turn.
 *
 * It reads texts instead of asking Deno, which would need a process: a string that happens to be the path of a file is
 * found too.
 */
export async function findOutsideFiles(
  { entrypoint, importMap }: FunctionDefinition,
  functionsDir: string,
  sources: Sources,
): Promise<readonly string[]> {
  const imports = (await readImportMap(importMap))?.imports ?? {};
  const found = new Set<string>();
  const queue = [...sources];
  const add = async (path: string): Promise<void> => {
    if (found.has(path) || isInside(functionsDir, path) || path.includes('node_modules')) return;
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) return;
    found.add(path);
    if (isSource(path)) queue.push([path, await readText(path)]);
  };
  for (const path of [entrypoint, importMap]) if (path !== undefined) await add(path);
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [path, text] = next;
    for (const [, specifier = ''] of text.matchAll(QUOTED)) {
      const named = resolveFile(specifier, path, imports);
      if (named !== undefined) await add(named);
    }
  }
  return [...found];
}

/** The path of the file that a specifier means; undefined for packages and remote modules. */
function resolveFile(specifier: string, from: string, imports: ImportEntries): string | undefined {
  const isRelative = /^\.{1,2}\//.test(specifier);
  const address = isRelative ? specifier : (lookUp(imports, specifier) ?? specifier);
  if (!isRelative && !address.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(new URL(address, pathToFileURL(from)));
  } catch {
    // Such as one with an encoded slash.
    return undefined;
  }
}
