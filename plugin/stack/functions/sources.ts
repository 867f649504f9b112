import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Texts of a function's own modules, and of those in the folders that functions share (`_…`), by absolute path. */
export type Sources = ReadonlyMap<string, string>;

export async function readSources(functionsDir: string, slug: string): Promise<Sources> {
  const shared = (await readdir(functionsDir).catch(() => [])).filter((name) => name.startsWith('_'));
  const paths: string[] = [];
  for (const folder of [slug, ...shared]) {
    const names = await readdir(join(functionsDir, folder), { recursive: true }).catch(() => []);
    paths.push(...names.filter(isSource).map((name) => join(functionsDir, folder, name)));
  }
  const texts = await Promise.all(paths.map(readText));
  return new Map(paths.map((path, index) => [path, texts[index] ?? '']));
}

/** Whether a file may import others. */
export function isSource(name: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(name) && !name.includes('node_modules');
}

/** '' for what cannot be read. */
export function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
