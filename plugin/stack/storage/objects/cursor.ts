// Storage v1.70.6 src/storage/object.ts
import { storageErrors } from '../errors.ts';

/** Where a listing by cursor stopped. */
export interface Cursor {
  /** Name of the last entry. */
  readonly last: string;
  readonly order?: string | undefined;
  readonly column?: string | undefined;
  /** When sorted by a time: that of the last entry, ISO 8601. */
  readonly time?: string | undefined;
}

const KEYS = { l: 'last', o: 'order', c: 'column', a: 'time' } as const;

export function encodeCursor(cursor: Cursor): string {
  const lines = Object.entries(KEYS).flatMap(([letter, key]) =>
    cursor[key] ? [`${letter}:${cursor[key]}`] : [],
  );
  return Buffer.from(lines.join('\n')).toString('base64');
}

/** @throws StorageError InvalidParameter */
export function decodeCursor(text: string): Cursor {
  const cursor: { -readonly [K in keyof Cursor]: Cursor[K] } = { last: '', order: 'asc' };
  for (const line of Buffer.from(text, 'base64').toString().split('\n')) {
    const [, letter = '', value = ''] = /^([loca]):(.*)/.exec(line) ?? [];
    if (!isKey(letter)) throw storageErrors.invalidParameter('continuation token');
    cursor[KEYS[letter]] = value;
  }
  return cursor;
}

function isKey(letter: string): letter is keyof typeof KEYS {
  return Object.hasOwn(KEYS, letter);
}
