import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { hasErrorCode } from '../../shared/errors.ts';

const BLOCK = 512;

/**
 * The archive of pgTAP: SQL only, the same for every platform. It comes from the npm package
 * `@electric-sql/pglite-pgtap`, whose files the build puts beside this one (tools/build.mjs): as a dependency it would
 * bring the 25 MB of PGlite with it.
 */
export async function readPgtapArchive(): Promise<Buffer> {
  const copy = fileURLToPath(new URL('./extensions/pgtap/pgtap.tar.gz', import.meta.url));
  return readFile(copy).catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT')) throw error;
    const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite-pgtap');
    return readFile(join(dirname(entry), 'pgtap.tar.gz'));
  });
}

/** The extension's control file and the script of its version: file name → content. */
export function unpackPgtap(archive: Buffer): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const tar = gunzipSync(archive);
  for (let at = 0; at + BLOCK <= tar.length;) {
    const name = textOf(tar, at, 100).replace(/^.*\//, '');
    const size = Number.parseInt(textOf(tar, at + 124, 12), 8) || 0;
    // Not the scripts of updates, which have two versions in their name.
    const text = (): string => tar.toString('utf8', at + BLOCK, at + BLOCK + size);
    if (/^pgtap--[\d.]+\.sql$/.test(name)) files.set(name, text());
    // As on Supabase, its functions belong to the superuser: what a project has changed about the privileges of new
    // functions does not apply to them.
    if (name === 'pgtap.control') files.set(name, text().replace(/^superuser\s*=.*$/m, 'trusted = true'));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function textOf(tar: Buffer, at: number, length: number): string {
  return tar.toString('latin1', at, at + length).replace(/\0.*$/s, '');
}
