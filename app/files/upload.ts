import { storageRequest } from '../model/supabase.ts';

/** An upload that makes no progress for this time has lost its connection. */
const STALL_MS = 30_000;
const YEAR_S = 365 * 24 * 60 * 60;

export interface Upload {
  readonly bucket: string;
  readonly path: string;
  readonly blob: Blob;
  readonly signal: AbortSignal;
  /** @param fraction of the bytes that are on their way, 0 to 1 */
  readonly onProgress: (fraction: number) => void;
}

/**
 * Uploads a file to a path that is used once: a file that exists already is this one, from an earlier attempt whose
 * answer was lost. XMLHttpRequest, because `fetch` and therefore supabase-js report no progress.
 *
 * @throws the body of Storage's answer, with `message` and `statusCode`; Error if there is none
 */
export async function uploadFile({ bucket, path, blob, signal, onProgress }: Upload): Promise<void> {
  const { url, headers } = await storageRequest(`object/${bucket}/${path}`);
  const form = new FormData();
  form.append('cacheControl', String(YEAR_S));
  form.append('', blob);
  signal.throwIfAborted();
  const request = new XMLHttpRequest();
  request.open('POST', url);
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  await new Promise<void>((resolve, reject) => {
    const stop = (why: string): void => {
      reject(new Error(why));
      request.abort();
    };
    const stopStalled = (): void => stop('The upload timed out.');
    let stalling = setTimeout(stopStalled, STALL_MS);
    const onAbort = (): void => stop('The upload was aborted.');
    signal.addEventListener('abort', onAbort);
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      clearTimeout(stalling);
      stalling = setTimeout(stopStalled, STALL_MS);
      onProgress(total === 0 ? 1 : loaded / total);
    });
    request.addEventListener('loadend', () => {
      clearTimeout(stalling);
      signal.removeEventListener('abort', onAbort);
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(readFailure(request));
    });
    request.send(form);
  }).catch((error: unknown) => {
    if (!isDuplicate(error)) throw error;
  });
}

/** Storage's answer, or what a proxy or no answer at all means. */
function readFailure({ status, responseText }: XMLHttpRequest): unknown {
  try {
    return { status, ...(JSON.parse(responseText) as object) };
  } catch {
    return status === 0
      ? new TypeError('Failed to fetch')
      : { status, statusCode: String(status), message: '' };
  }
}

function isDuplicate(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === '409';
}
