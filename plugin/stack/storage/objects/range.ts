// Storage v1.70.6 src/storage/range.ts
import { storageErrors } from '../errors.ts';

/** A part of a file; both ends are included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Parses a Range header with one range. Like Storage, refuses anything else: several ranges, other units, a start past
 * the end.
 *
 * @throws StorageError InvalidRange
 */
export function parseRange(text: string, size: number): ByteRange {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text) ?? [];
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  const isSuffix = first === '' && Number(last) > 0;
  const isRange = first !== '' && (last === '' || Number(first) <= Number(last));
  const isCountable = Number.isSafeInteger(Number(last));
  if (size === 0 || start >= size || !(isSuffix || isRange) || !isCountable)
    throw storageErrors.invalidRange();
  return { start, end };
}
