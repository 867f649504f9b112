import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import type { Environment } from '../shared/environment.ts';
import { exists } from '../shared/files.ts';

const NAME = process.platform === 'win32' ? 'supabase.exe' : 'supabase';

/**
 * The program of the Supabase CLI: the project's own (npm), or the one on the PATH. It is never downloaded.
 *
 * The npm package's entry is a script, which Windows cannot start without a shell and whose end does not end the program;
 * so its program is started itself.
 */
export async function findCli(root: string, env: Environment): Promise<string | undefined> {
  const own = await findInPackage(root);
  if (own !== undefined) return own;
  const path = env.PATH ?? env.Path ?? '';
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, NAME);
    if (await exists(candidate)) return candidate;
    // npm on Windows puts a global package beside its command, which is a script.
    const global = process.platform === 'win32' ? await findInPackage(folder) : undefined;
    if (global !== undefined) return global;
  }
  return undefined;
}

/**
 * The program of the npm package `supabase` as Node resolves it from a folder, with any package manager: in a package of
 * its own for each platform since 2.99 (cli apps/cli/src/shared/cli/bin.ts), before that in `supabase/bin`.
 */
async function findInPackage(folder: string): Promise<string | undefined> {
  const manifest = resolveFrom(join(folder, 'package.json'), 'supabase/package.json');
  if (manifest === undefined) return undefined;
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const variants = [`${platform}-${process.arch}`, `${platform}-${process.arch}-musl`];
  const packages = variants.map((variant) => resolveFrom(manifest, `@supabase/cli-${variant}/package.json`));
  for (const found of [...packages, manifest]) {
    const candidate = found && join(dirname(found), 'bin', NAME);
    if (candidate !== undefined && (await exists(candidate))) return candidate;
  }
  return undefined;
}

function resolveFrom(file: string, request: string): string | undefined {
  try {
    return createRequire(file).resolve(request);
  } catch {
    return undefined;
  }
}
