import type { Transaction } from '../database/database.ts';
import type { ObjectMetadata } from './row.ts';

/** A line of a listing; a folder has a null `id`. */
export interface ListedRow {
  readonly key?: string;
  readonly name: string;
  readonly id: string | null;
  readonly updated_at: Date | null;
  readonly created_at: Date | null;
  readonly last_accessed_at: Date | null;
  readonly metadata: ObjectMetadata | null;
}

export interface PageRequest {
  readonly bucket: string;
  readonly prefix: string;
  /** "/" groups names into folders; undefined lists all of them. */
  readonly delimiter: string | undefined;
  readonly limit: number;
  /** Name behind which the page begins; "" is the start. */
  readonly after: string;
  readonly order: 'asc' | 'desc';
  readonly column: string;
  /** ISO time of the last line when sorted by a time, else "". */
  readonly afterTime: string;
}

export interface Page {
  /** Names end in the delimiter. */
  readonly folders: ListedRow[];
  readonly objects: ListedRow[];
  /** The last line, if there are more. */
  readonly last: ListedRow | undefined;
}

/** One page of a bucket in byte order, or by a time. */
export async function listPage(transaction: Transaction, request: PageRequest): Promise<Page> {
  const { limit, delimiter } = request;
  const found =
    delimiter === undefined ? listFlat(transaction, request) : listFolders(transaction, request, delimiter);
  const rows = (await found).slice(0, limit + 1);
  const shown = rows.slice(0, limit);
  return {
    folders: shown
      .filter((row) => row.id === null)
      .map((row) => ({ ...row, name: `${row.name}${delimiter}` })),
    objects: shown.filter((row) => row.id !== null),
    last: rows.length > limit ? shown.at(-1) : undefined,
  };
}

async function listFolders(
  transaction: Transaction,
  request: PageRequest,
  delimiter: string,
): Promise<ListedRow[]> {
  const { bucket, prefix, limit, after, order, column, afterTime } = request;
  if (delimiter !== '/') {
    const sql = 'select * from storage.list_objects_with_delimiter($1, $2, $3, $4, $5)';
    return (await transaction.query<ListedRow>(sql, [bucket, prefix, delimiter, limit + 1, after])).rows;
  }
  const sql = 'select * from storage.search_v2($1, $2, $3, $4, $5, $6, $7, $8)';
  const levels = prefix === '' ? 1 : prefix.split('/').length;
  const values = [prefix, bucket, limit + 1, levels, after, order, column, afterTime];
  return (await transaction.query<ListedRow>(sql, values)).rows;
}

async function listFlat(transaction: Transaction, request: PageRequest): Promise<ListedRow[]> {
  const { bucket, prefix, limit, after, order, afterTime } = request;
  const beyond = order === 'desc' ? '<' : '>';
  const time =
    request.column === 'created_at' || request.column === 'updated_at' ? request.column : undefined;
  const key = time ? `(date_trunc('milliseconds', ${time}), name collate "C")` : '(name collate "C")';
  const bound = time ? `(coalesce(nullif($4, '')::timestamptz, 'epoch'), $3)` : '($3)';
  const { rows } = await transaction.query<ListedRow>(
    `select id, name, metadata, updated_at, created_at, last_accessed_at from storage.objects
     where bucket_id = $1 and name collate "C" >= $2 and name collate "C" < $2 || chr(1114111)
       and ($3 = '' or ${key} ${beyond} ${bound}) ${time ? '' : "and $4 = ''"}
     order by ${time ? `date_trunc('milliseconds', ${time}) ${order},` : ''} name collate "C" ${order}
     limit $5`,
    [bucket, prefix, after, time ? afterTime : '', limit + 1],
  );
  return rows;
}
