import type { Row, Rows } from '../database/transaction.ts';

/**
 * The one row that every statement returns, whatever it does: its columns, in this order. `buildStatement` writes them,
 * `readResultRow` reads them; nothing else depends on their positions.
 */
const COLUMNS = [
  /** Number of rows without the limit; null unless it was asked for. */
  'total',
  /** Number of rows of the page. */
  'page',
  /** JSON array of `column=eq.value`: the primary key of the inserted row. */
  'location',
  /** The response body. */
  'body',
  /** The setting `response.headers`, by which a function sets headers. */
  'response_headers',
  /** The setting `response.status`. */
  'response_status',
  /** Number of rows that an upsert inserted. */
  'inserted',
] as const;

type Column = (typeof COLUMNS)[number];

/** The SQL expressions of a statement's columns; null where undefined. */
interface ResultExpressions {
  readonly total?: string | undefined;
  readonly page: string;
  readonly location?: string | undefined;
  readonly body: string;
  readonly inserted?: string | undefined;
}

/** The select list of a statement. */
export function resultColumnsSql(expressions: ResultExpressions): string {
  const values: Readonly<Partial<Record<Column, string | undefined>>> = {
    ...expressions,
    response_headers: "nullif(current_setting('response.headers', true), '')",
    response_status: "nullif(current_setting('response.status', true), '')",
  };
  return COLUMNS.map((column) => `${values[column] ?? 'null'} AS ${column}`).join(', ');
}

/** The row in JavaScript's types. */
export interface ResultRow {
  readonly total: number | undefined;
  readonly page: number;
  /** `column=eq.value` of the inserted row's primary key. */
  readonly location: readonly string[];
  readonly body: string | Buffer;
  readonly responseHeaders: string | undefined;
  readonly responseStatus: string | undefined;
  readonly inserted: number | undefined;
}

const POSITIONS = Object.fromEntries(COLUMNS.map((column, index) => [column, index])) as Record<
  Column,
  number
>;

/** Reads the row of a statement's result. */
export function readResultRow(result: Rows | undefined): ResultRow {
  const row: Row = result?.rows[0] ?? [];
  const location = row[POSITIONS.location];
  return {
    total: readNumber(row[POSITIONS.total]),
    page: readNumber(row[POSITIONS.page]) ?? 0,
    location: location ? (JSON.parse(location) as string[]) : [],
    body: readBody(row[POSITIONS.body] ?? '', result?.types[POSITIONS.body]),
    responseHeaders: row[POSITIONS.response_headers] ?? undefined,
    responseStatus: row[POSITIONS.response_status] ?? undefined,
    inserted: readNumber(row[POSITIONS.inserted]),
  };
}

const BYTEA = 17;
const JSONB = 3802;

function readBody(text: string, type: number | undefined): string | Buffer {
  // PostgreSQL writes bytes as `\x…`.
  if (type === BYTEA) return Buffer.from(text.slice(2), 'hex');
  // PostgREST sends the jsonb of a custom handler in PostgreSQL's binary format, which begins with a version number.
  return type === JSONB ? `\u0001${text}` : text;
}

function readNumber(text: string | null | undefined): number | undefined {
  return text === null || text === undefined ? undefined : Number(text);
}
