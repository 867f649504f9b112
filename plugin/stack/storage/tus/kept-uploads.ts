import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Resumable uploads live here, below the service. */
export const TUS_PATH = '/upload/resumable';

const DAY = 24 * 60 * 60 * 1000;

/** Whether a path belongs to resumable uploads. */
export function isTusPath(path: string): boolean {
  return path === TUS_PATH || path.startsWith(`${TUS_PATH}/`);
}

/** Whether a file of the folder of unfinished uploads is one of a resumable upload. */
export function isUploadFile(name: string): boolean {
  return /^tus-[0-9a-f-]{36}\.(json|part)$/.test(name);
}

/** Whether a file belongs to an upload that may still go on; asked at start. */
export async function isUploadToKeep(dir: string, name: string): Promise<boolean> {
  return isUploadFile(name) && isFresh(dir, name);
}

/** Uploads may rest for a day. */
export async function isFresh(dir: string, name: string): Promise<boolean> {
  const { mtimeMs } = await stat(join(dir, name));
  return Date.now() - mtimeMs < DAY;
}
