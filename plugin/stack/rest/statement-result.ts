import type { Rows } from './database/rest-database.ts';
import type { StatementResult } from './respond/respond.ts';

const BYTEA = 17;
const BODY = 3;

/** The row of a statement in JavaScript's types; columns as `RESULT_COLUMNS`. */
export function readResult(result: Rows | undefined): StatementResult {
  const [total, page, location, body, headers, status, inserted] = result?.rows[0] ?? [];
  return {
    total: toNumber(total),
    page: toNumber(page) ?? 0,
    location: location ? (JSON.parse(location) as string[]) : [],
    // Bytes come as `\x…`.
    body: result?.types[BODY] === BYTEA ? Buffer.from(body?.slice(2) ?? '', 'hex') : (body ?? ''),
    responseHeaders: headers ?? undefined,
    responseStatus: status ?? undefined,
    inserted: toNumber(inserted),
  };
}

/** The lines of EXPLAIN as one text, each ended by a line break. */
export function readTextLines(result: Rows | undefined): string {
  return (result?.rows ?? []).map(([line]) => `${line ?? ''}\n`).join('');
}

const toNumber = (text: string | null | undefined): number | undefined =>
  text === null || text === undefined ? undefined : Number(text);
