// Storage v1.70.6 src/storage/limits.ts
import { randomUUID } from 'node:crypto';
import { storageErrors } from './errors.ts';

// The characters that Storage allows, which are safe in S3 keys; a bucket name has no slash.
const OBJECT_NAME = /^[\w/!.*'() &$=@;:+,?-]+$/;
const BUCKET_NAME = /^[\w!.*'() &$=@;:+,?-]{1,100}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
// The prefix of objects in the CLI's stack: tenant and bucket of its backend. It appears in error messages.
const FOLDER = 'stub/stub';
const EMPTY_FOLDER_FILE = '.emptyFolderPlaceholder';

/** @throws StorageError InvalidBucketName */
export function checkBucketName(name: string): void {
  if (!BUCKET_NAME.test(name)) throw storageErrors.invalidBucketName();
}

/** @throws StorageError InvalidKey */
export function checkObjectName(name: string): void {
  if (!OBJECT_NAME.test(name)) throw storageErrors.invalidKey(name);
}

/**
 * Checks a name to store an object under. Dot segments are refused: clients would remove them from URLs.
 *
 * @throws StorageError InvalidKey; for dot segments with Storage's message, which contains the path in its backend
 */
export function checkNewObjectName(bucket: string, name: string): void {
  checkObjectName(name);
  if (name.split('/').some((segment) => segment === '.' || segment === '..'))
    throw storageErrors.invalidKey(`${FOLDER}/${bucket}/${name}/${randomUUID()} contains dot path segment`);
}

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** Whether a name is the file by which the dashboard keeps an empty folder: empty, and of any type. */
export function isEmptyFolderFile(name: string): boolean {
  return name.endsWith(EMPTY_FOLDER_FILE);
}

const ALLOWED_MIME_TYPE = /^([a-zA-Z0-9\-+.]+)\/([a-zA-Z0-9\-+.]+)(;\s*charset=[a-zA-Z0-9-]+)?$|\*$/;

/** Checks the `allowed_mime_types` of a bucket. @throws StorageError InvalidMimeType */
export function checkAllowedMimeTypes(types: readonly string[]): void {
  for (const type of types)
    if (type.length > 1000 || !ALLOWED_MIME_TYPE.test(type)) throw storageErrors.invalidMimeType(type);
}

/**
 * Checks the type of an upload against those that its bucket allows. Like in Storage, parameters count: `text/csv` does
 * not allow `text/csv;charset=utf-8`, `text/*` does.
 *
 * @param allowed `image/png` or `image/*`; null and an empty list allow every type
 * @throws StorageError InvalidMimeType
 */
export function checkMimeType(type: string, allowed: readonly string[] | null): void {
  if (!allowed || allowed.length === 0) return;
  const [family, rest] = type.split('/');
  const matches = allowed.some((candidate) => {
    const [allowedFamily, allowedRest] = candidate.split('/');
    return allowedFamily === family && (allowedRest === '*' || allowedRest === rest);
  });
  if (rest === undefined || !matches) throw storageErrors.invalidMimeType(type);
}

const SIZE = /^(\d+(?:\.\d+)?)(gb|mb|kb|b)$/i;
const DECIMAL_UNITS: Readonly<Record<string, number>> = { gb: 1e9, mb: 1e6, kb: 1e3, b: 1 };

/** A `file_size_limit` such as 1000 or "5MB" (decimal units) in bytes. */
export function parseSizeLimit(value: number | string): number {
  if (typeof value === 'number') return value;
  const [, amount = '0', unit = 'b'] = SIZE.exec(value) ?? [];
  return Number(Number(amount).toPrecision(3)) * (DECIMAL_UNITS[unit.toLowerCase()] ?? 1);
}
