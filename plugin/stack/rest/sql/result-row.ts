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

const positionOf = (column: Column): number => COLUMNS.indexOf(column);
const TOTAL = positionOf('total');
const PAGE = positionOf('page');
const LOCATION = positionOf('location');
const BODY = positionOf('body');
const RESPONSE_HEADERS = positionOf('response_headers');
const RESPONSE_STATUS = positionOf('response_status');
const INSERTED = positionOf('inserted');

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
  const values: Readonly<Record<Column, string | undefined>> = {
    total: expressions.total,
    page: expressions.page,
    location: expressions.location,
    body: expressions.body,
    inserted: expressions.inserted,
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

/** Reads the row of a statement's result. */
export function readResultRow(result: Rows | undefined): ResultRow {
  const row: Row = result?.rows[0] ?? [];
  const location = row[LOCATION];
  return {
    total: readNumber(row[TOTAL]),
    page: readNumber(row[PAGE]) ?? 0,
    location: location ? (JSON.parse(location) as string[]) : [],
    body: readBody(row[BODY] ?? '', result?.types[BODY]),
    responseHeaders: row[RESPONSE_HEADERS] ?? undefined,
    responseStatus: row[RESPONSE_STATUS] ?? undefined,
    inserted: readNumber(row[INSERTED]),
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
