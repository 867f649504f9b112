import { constants } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { errorMessage, SupabaseDevError } from '../../../shared/errors.ts';
import { splitStatements, type Statement } from '../sql-script.ts';

/** A dump of a database as SQL. */
export interface DumpFile {
  readonly file: string;
  readonly text: string;
  readonly statements: readonly Statement[];
}

/** First bytes of what else may be in such a file. */
const OTHER_FORMATS: readonly [start: string, what: string][] = [
  ['PGDMP', "pg_dump's custom format"],
  ['toc.dat', "pg_dump's tar format"],
  ['SQLite format 3', 'a SQLite database'],
  ['PK\u0003\u0004', 'a zip archive'],
];
const GZIP = Buffer.from([0x1f, 0x8b]);
/** What `>` of Windows PowerShell writes. */
const UTF16 = Buffer.from([0xff, 0xfe]);

/**
 * Reads a dump: plain SQL, also compressed by gzip.
 *
 * @param file absolute path
 * @throws SupabaseDevError DUMP_UNREADABLE
 */
export async function readDump(file: string): Promise<DumpFile> {
  const text = decode(file, await unpack(file, await read(file)));
  return { file, text, statements: splitStatements(text, true) };
}

async function read(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    throw unreadable(`${file} cannot be read: ${errorMessage(error)}`);
  });
}

async function unpack(file: string, bytes: Buffer): Promise<Buffer> {
  if (!bytes.subarray(0, 2).equals(GZIP)) return bytes;
  return promisify(gunzip)(bytes).catch((error: unknown) => {
    throw unreadable(`${file} cannot be decompressed: ${errorMessage(error)}`);
  });
}

function decode(file: string, bytes: Buffer): string {
  for (const [start, what] of OTHER_FORMATS)
    if (bytes.toString('latin1', 0, start.length) === start)
      throw unreadable(`${file} is ${what}, not SQL`, 'Make SQL of it: pg_restore --file dump.sql DUMP.');
  if (bytes.length > constants.MAX_STRING_LENGTH)
    throw unreadable(`${file} has more than ${Math.floor(constants.MAX_STRING_LENGTH / 2 ** 20)} MiB of SQL`);
  try {
    const isUtf16 = bytes.subarray(0, 2).equals(UTF16);
    const text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes);
    if (text.trim() === '') throw new Error('it is empty');
    return text;
  } catch (error) {
    throw unreadable(`${file} is not SQL in UTF-8: ${errorMessage(error)}`);
  }
}

function unreadable(
  message: string,
  hint = 'It must be SQL, as `supabase db dump` and `pg_dump` write it; also compressed as .gz.',
): SupabaseDevError {
  return new SupabaseDevError('DUMP_UNREADABLE', message, { hint });
}
