import type { Rows } from './database/rest-database.ts';
import type { StatementResult } from './respond/respond.ts';

const BYTEA = 17;
const JSONB = 3802;
const BODY = 3;

/** The row of a statement in JavaScript's types; columns as `RESULT_COLUMNS`. */
export function readResult(result: Rows | undefined): StatementResult {
  const [total, page, location, body, headers, status, inserted] = result?.rows[0] ?? [];
  return {
    total: toNumber(total),
    page: toNumber(page) ?? 0,
    location: location ? (JSON.parse(location) as string[]) : [],
    body: readBody(body ?? '', result?.types[BODY]),
    responseHeaders: headers ?? undefined,
    responseStatus: status ?? undefined,
    inserted: toNumber(inserted),
  };
}

function readBody(text: string, type: number | undefined): string | Buffer {
  // Bytes come as `\x…`.
  if (type === BYTEA) return Buffer.from(text.slice(2), 'hex');
  // As PostgREST, which sends jsonb of a custom handler in PostgreSQL's binary form: after its version number.
  return type === JSONB ? `\u0001${text}` : text;
}

/** The lines of EXPLAIN as one text, each ended by a line break. */
export function readTextLines(result: Rows | undefined): string {
  return (result?.rows ?? []).map(([line]) => `${line ?? ''}\n`).join('');
}

function toNumber(text: string | null | undefined): number | undefined {
  return text === null || text === undefined ? undefined : Number(text);
}
