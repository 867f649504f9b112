import pg from 'pg';
import { InvalidChange, type Change } from '../change.ts';
import { asCaller, openTable, type TableAccess } from './as-caller.ts';
import { findUnreadable, insertStatement, writable } from './insert.ts';
import type { Column } from './columns.ts';
import { CsvError, parseCsv, type CsvRecord } from './csv.ts';
import { refuse, type Refusal } from './refusal.ts';

/** What a CSV text has, before it is imported. */
export interface ImportPreview {
  readonly header: readonly string[];
  /** The first records. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly total: number;
}

/** Why nothing was imported. */
export interface ImportRefusal extends Refusal {
  /** Line of the text, from 1. */
  readonly line?: number;
}

const PREVIEW_ROWS = 5;
const BATCH_ROWS = 100;
/** PostgreSQL takes at most 65,535 parameters. */
const MAX_PARAMETERS = 60_000;
const TIMEOUT_MS = 60_000;

/** Reads `text` as CSV, whose first record names the columns. */
export const previewImport: Change = async ({
  text,
}): Promise<ImportPreview | { refusal: ImportRefusal }> => {
  const read = readRecords(text);
  if ('refusal' in read) return read;
  const { header, records } = read;
  return { header, rows: records.slice(0, PREVIEW_ROWS).map(({ fields }) => fields), total: records.length };
};

/**
 * Inserts the records of `text`: all of them, or none. `columns` names the column for each field, or null for a field that
 * is left out.
 */
export const importRows: Change = async (
  input,
  { options },
): Promise<{ inserted: number } | { refusal: ImportRefusal }> => {
  const read = readRecords(input.text);
  if ('refusal' in read) return read;
  const { header, records } = read;
  const access = await openTable(input, options);
  const targets = readTargets(input.columns, header, access.columns);
  const columns = targets.flatMap((target) => target ?? []);
  const valuesOf = ({ fields }: CsvRecord): (string | null)[] =>
    targets.flatMap((target, at) => (target ? [fields[at] ?? null] : []));
  try {
    await asCaller(
      options,
      access.caller,
      (client) => insertAll(client, access, columns, records, valuesOf),
      {
        timeoutMs: TIMEOUT_MS,
      },
    );
    return { inserted: records.length };
  } catch (error) {
    if (!(error instanceof FailedRecord))
      return { refusal: await refuse(options, access, { action: 'insert' }, error) };
    const { line } = error.record;
    const sent = valuesOf(error.record);
    const values = Object.fromEntries(columns.map(({ name }, at) => [name, sent[at] ?? null]));
    const unreadable = await findUnreadable(columns, values, options, error.cause);
    const refusal = await refuse(options, access, { action: 'insert', values }, error.cause);
    return { refusal: { ...refusal, column: unreadable ?? refusal.column, line } };
  }
};

/** PostgreSQL refuses this record. */
class FailedRecord extends Error {
  readonly record: CsvRecord;

  constructor(record: CsvRecord, cause: unknown) {
    super('A record is refused', { cause });
    this.record = record;
  }
}

/** @throws FailedRecord */
async function insertAll(
  client: pg.Client,
  access: TableAccess,
  columns: readonly Column[],
  records: readonly CsvRecord[],
  valuesOf: (record: CsvRecord) => readonly (string | null)[],
): Promise<void> {
  const size = Math.max(1, Math.min(BATCH_ROWS, Math.floor(MAX_PARAMETERS / columns.length)));
  for (let at = 0; at < records.length; at += size) {
    const batch = records.slice(at, at + size);
    // oxlint-disable no-await-in-loop -- one connection, and the order of the rows
    await client.query('savepoint batch');
    try {
      await client.query(insertStatement(access, columns, batch.length), batch.flatMap(valuesOf));
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      await client.query('rollback to savepoint batch');
      await insertOneByOne(client, insertStatement(access, columns, 1), batch, valuesOf);
      throw error;
    }
    // oxlint-enable no-await-in-loop
  }
}

/** Finds the record that is refused. @throws FailedRecord */
async function insertOneByOne(
  client: pg.Client,
  statement: string,
  batch: readonly CsvRecord[],
  valuesOf: (record: CsvRecord) => readonly (string | null)[],
): Promise<void> {
  for (const record of batch) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one connection, and the order of the rows
      await client.query(statement, [...valuesOf(record)]);
    } catch (error) {
      throw new FailedRecord(record, error);
    }
  }
}

/** @throws InvalidChange */
function readTargets(
  input: unknown,
  header: readonly string[],
  columns: readonly Column[],
): (Column | undefined)[] {
  const names: unknown[] = Array.isArray(input) ? input : [];
  if (names.length !== header.length || !names.every(isName))
    throw new InvalidChange('Each field needs a column, or null');
  const chosen = names.filter((name) => name !== null);
  if (chosen.length === 0) throw new InvalidChange('No column is chosen');
  if (new Set(chosen).size < chosen.length) throw new InvalidChange('A column is chosen twice');
  return names.map((name) => (name === null ? undefined : writable(columns, name)));
}

function isName(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function readRecords(
  text: unknown,
):
  | { readonly header: readonly string[]; readonly records: readonly CsvRecord[] }
  | { refusal: ImportRefusal } {
  try {
    const [first, ...records] = parseCsv(String(text));
    if (!first) return { refusal: { message: 'The file is empty.' } };
    const { length } = first.fields;
    const odd = records.find(({ fields }) => fields.length !== length);
    if (odd)
      return {
        refusal: { line: odd.line, message: `${odd.fields.length} fields, but the header has ${length}.` },
      };
    return { header: first.fields.map((field) => field ?? ''), records };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { refusal: { line: error.line, message: `${error.message}.` } };
  }
}
