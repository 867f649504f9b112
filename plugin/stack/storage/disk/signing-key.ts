import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from '../../../shared/errors.ts';
import { PRIVATE_FILE } from './private-folder.ts';

const FILE = 'url-signing.key';

/**
 * The secret of signed URLs: random, made once per data directory. The stack's JWT secret is not used, because it may be
 * the one that every local Supabase has: whoever knows it could sign a URL of any object.
 *
 * @param dir the service's folder
 * @returns 256 bits in base64url
 */
export async function loadSigningKey(dir: string): Promise<string> {
  const path = join(dir, FILE);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!hasErrorCode(error, 'ENOENT')) throw error;
  }
  const key = randomBytes(32).toString('base64url');
  await writeFile(`${path}.tmp`, key, { mode: PRIVATE_FILE, flush: true });
  await rename(`${path}.tmp`, path);
  return key;
}
