import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SupabaseDevError } from '../../shared/errors.ts';

/**
 * Path of the Deno program that the npm package `deno` brings for this platform in an optional package of its own.
 *
 * @throws SupabaseDevError DENO_MISSING
 */
export function findDeno(): string {
  try {
    // Resolved from the package deno, which depends on it: pnpm and Yarn hide it from all other packages.
    const outer = createRequire(import.meta.url).resolve('deno/package.json');
    const manifest = createRequire(outer).resolve(`${platformPackage()}/package.json`);
    return join(dirname(manifest), process.platform === 'win32' ? 'deno.exe' : 'deno');
  } catch (error) {
    throw new SupabaseDevError('DENO_MISSING', 'Edge functions need Deno, which is not installed', {
      hint: 'npm install --save-dev deno (with optional dependencies)',
      cause: error,
    });
  }
}

function platformPackage(): string {
  const libc = process.platform === 'linux' ? '-glibc' : '';
  return `@deno/${process.platform}-${process.arch}${libc}`;
}
