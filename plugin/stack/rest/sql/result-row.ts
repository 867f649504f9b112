import type { Row, Rows } from '../database/transaction.ts';

/**
 * The one row that every statement returns: its columns, in PostgREST's order, which EXPLAIN shows. `buildStatement`
 * writes them, `readResultRow` reads them; nothing else depends on their positions.
 */
const COLUMNS = [
  /** Number of rows without the limit; null unless it was asked for. */
  'total',
  /** Number of rows of the page. */
  'page',
  /** The response body. */
  'body',
  /** The setting `response.headers`, by which a function sets headers. */
  'response_headers',
  /** The setting `response.status`. */
  'response_status',
  /** Number of rows that an upsert inserted. */
  'inserted',
] as const;

/** The row of a write has one column more. */
const WRITE_COLUMNS = [
  ...COLUMNS.slice(0, 2),
  /** JSON array of `column=eq.value`: the primary key of the inserted row. */
  'location',
  ...COLUMNS.slice(2),
] as const;

type Column = (typeof WRITE_COLUMNS)[number];

/** The SQL expressions of a statement's columns; null where undefined. */
interface ResultExpressions {
  readonly total?: string | undefined;
  readonly page: string;
  readonly body: string;
}

/** The select list of a read or function call. */
export function readColumnsSql(expressions: ResultExpressions): string {
  return selectList(COLUMNS, { ...expressions, location: undefined, inserted: undefined });
}

/** The select list of a write. */
export function writeColumnsSql(
  expressions: ResultExpressions & {
    readonly location: string | undefined;
    readonly inserted: string | undefined;
  },
): string {
  return selectList(WRITE_COLUMNS, expressions);
}

function selectList(
  columns: readonly Column[],
  { total, page, location, body, inserted }: Parameters<typeof writeColumnsSql>[0],
): string {
  const values: Readonly<Record<Column, string>> = {
    total: total ?? 'null::bigint',
    page,
    location: location ?? 'null',
    body,
    response_headers: "nullif(current_setting('response.headers', true), '')",
    response_status: "nullif(current_setting('response.status', true), '')",
    inserted: inserted ?? 'null::int',
  };
  return columns.map((column) => `${values[column]} AS ${column}`).join(', ');
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

const TOTAL = 0;
const PAGE = 1;
const LOCATION = 2;

/** Reads the row of a statement's result. */
export function readResultRow(result: Rows | undefined): ResultRow {
  const row: Row = result?.rows[0] ?? [];
  const isWrite = row.length === WRITE_COLUMNS.length;
  const body = isWrite ? LOCATION + 1 : LOCATION;
  const location = isWrite ? row[LOCATION] : undefined;
  return {
    total: readNumber(row[TOTAL]),
    page: readNumber(row[PAGE]) ?? 0,
    location: location ? (JSON.parse(location) as string[]) : [],
    body: readBody(row[body] ?? '', result?.types[body]),
    responseHeaders: row[body + 1] ?? undefined,
    responseStatus: row[body + 2] ?? undefined,
    inserted: readNumber(row[body + 3]),
  };
}

/** The number of rows of the page alone. */
export function readPage(result: Rows): number | undefined {
  return readNumber(result.rows[0]?.[PAGE]);
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
