import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { SupabaseDevError } from '../shared/errors.ts';

export interface TestFile {
  /** The path that reports name: from the working directory, with `/`. */
  readonly name: string;
  readonly path: string;
}

/**
 * The files of `pg_prove --ext .pg --ext .sql -r`: of each path in turn, a file as it is, a folder with all below it in
 * the order of their names.
 *
 * @param paths absolute, or relative to `root`
 * @throws SupabaseDevError USAGE when a path does not exist
 */
export async function findTestFiles(root: string, paths: readonly string[]): Promise<TestFile[]> {
  const files: string[] = [];
  for (const path of paths.map((path) => resolve(root, path))) {
    const found = await stat(path).catch(() => undefined);
    if (!found)
      throw new SupabaseDevError('USAGE', `there are no tests in ${path}`, {
        hint: 'Write pgTAP tests as .sql files in supabase/tests, or name a file or a folder.',
      });
    if (found.isFile()) files.push(path);
    else files.push(...(await filesBelow(path)));
  }
  return files.map((path) => ({ path, name: relative(process.cwd(), path).split(sep).join('/') }));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && /\.(sql|pg)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
