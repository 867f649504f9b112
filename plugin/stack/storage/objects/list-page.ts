// Storage v1.70.6 src/storage/database/pg.ts
import type { StorageDatabase, Transaction } from '../database/database.ts';
import type { RequestScope } from '../database/request-scope.ts';
import type { ListedRow } from './row.ts';

export const PAGE_COLUMNS = ['name', 'updated_at', 'created_at'] as const;

export interface PageRequest {
  readonly bucket: string;
  readonly prefix: string;
  /** "/" groups names into folders; undefined lists all of them. */
  readonly delimiter: string | undefined;
  readonly limit: number;
  /** The page starts after this name; "" is the start. */
  readonly after: string;
  readonly order: 'asc' | 'desc';
  readonly column: (typeof PAGE_COLUMNS)[number];
  /** When sorted by a time: that of the entry `after`, ISO 8601; else "". */
  readonly afterTime: string;
}

export interface Page {
  /** Names end in the delimiter. */
  readonly folders: ListedRow[];
  readonly objects: ListedRow[];
  /** The last entry, if there are more. */
  readonly last: ListedRow | undefined;
}

/** One page of what row level security lets the caller see of a bucket, in byte order or by a time. */
export async function listPage(
  database: StorageDatabase,
  scope: RequestScope,
  request: PageRequest,
): Promise<Page> {
  const { limit, delimiter } = request;
  const found = await database.asCaller(scope, (transaction) =>
    delimiter === undefined ? listFlat(transaction, request) : listFolders(transaction, request, delimiter),
  );
  const rows = found.slice(0, limit + 1);
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

// Every text that `listFlat` inserts into its statement.
const TIME_COLUMN = { name: undefined, created_at: 'created_at', updated_at: 'updated_at' } as const;
const DIRECTION = { asc: { sql: 'asc', beyond: '>' }, desc: { sql: 'desc', beyond: '<' } } as const;

async function listFlat(transaction: Transaction, request: PageRequest): Promise<ListedRow[]> {
  const { bucket, prefix, limit, after, afterTime } = request;
  const time = TIME_COLUMN[request.column];
  const { sql: order, beyond } = DIRECTION[request.order];
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
