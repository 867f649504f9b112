import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { SupabaseConfig } from '../config/config.ts';
import { functionsDir, type FunctionDefinition } from './definitions.ts';

/**
 * What a function may do, as flags of Deno: it reads its project's functions and static files, writes temporary files,
 * uses the network, and starts no programs.
 *
 * @param runtime folder of the runtime's own modules
 * @param socketPath where it listens; undefined: on a port
 */
export function permissionFlags(
  { entrypoint, staticFiles }: FunctionDefinition,
  config: SupabaseConfig,
  runtime: string,
  socketPath: string | undefined,
): string[] {
  const statics = staticFiles.map((glob) => resolve(config.supabaseDir, globBase(glob)));
  const readable = [functionsDir(config), dirname(entrypoint), runtime, tmpdir(), ...statics];
  const writable = [tmpdir(), ...(socketPath === undefined ? [] : [dirname(socketPath)])];
  return [
    '--allow-net',
    '--allow-env',
    '--allow-sys',
    '--allow-import',
    `--allow-read=${[...new Set([...readable, ...denoCaches()])].join(',')}`,
    `--allow-write=${[...new Set(writable)].join(',')}`,
  ];
}

/** The folder that all matches of a glob are in. */
function globBase(glob: string): string {
  const wildcard = glob.search(/[*?[{]/);
  return wildcard === -1 ? glob : dirname(`${glob.slice(0, wildcard)}x`);
}

/** Packages read their own files, such as WebAssembly, from the cache. */
function denoCaches(): string[] {
  const { DENO_DIR, XDG_CACHE_HOME, HOME, LOCALAPPDATA } = process.env;
  const base =
    DENO_DIR ??
    (XDG_CACHE_HOME && join(XDG_CACHE_HOME, 'deno')) ??
    (process.platform === 'win32' && LOCALAPPDATA ? join(LOCALAPPDATA, 'deno') : undefined) ??
    (HOME && join(HOME, process.platform === 'darwin' ? 'Library/Caches/deno' : '.cache/deno'));
  return base === undefined || base === '' || base.includes(delimiter) ? [] : [base];
}
