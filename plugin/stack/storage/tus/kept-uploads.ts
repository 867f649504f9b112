import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Path of resumable uploads, below the service's. */
export const TUS_PATH = '/upload/resumable';

const DAY = 24 * 60 * 60 * 1000;

/** Whether a path belongs to resumable uploads. */
export function isTusPath(path: string): boolean {
  return path === TUS_PATH || path.startsWith(`${TUS_PATH}/`);
}

/** Whether a file in the folder of unfinished uploads belongs to a resumable upload. */
export function isUploadFile(name: string): boolean {
  return /^tus-[0-9a-f-]{36}\.(json|part)$/.test(name);
}

/** Whether a file belongs to a resumable upload that may still be continued. */
export async function isUploadToKeep(dir: string, name: string): Promise<boolean> {
  return isUploadFile(name) && isFresh(dir, name);
}

/** Whether a file was changed within the last day. */
export async function isFresh(dir: string, name: string): Promise<boolean> {
  const { mtimeMs } = await stat(join(dir, name));
  return Date.now() - mtimeMs < DAY;
}
