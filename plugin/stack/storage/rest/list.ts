import { storageErrors } from '../errors.ts';
import { sendJson, type Exchange } from '../http/exchange.ts';
import type { Schema } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import type { StorageDatabase } from '../database/database.ts';
import { listPage, type ListedRow } from '../objects/list-page.ts';

export const LIST: Schema = {
  type: 'object',
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', finite: true, minimum: 1 },
    offset: { type: 'integer', finite: true, minimum: 0 },
    sortBy: {
      type: 'object',
      properties: {
        column: { type: 'string', enum: ['name', 'updated_at', 'created_at', 'last_accessed_at'] },
        order: { type: 'string', enum: ['asc', 'desc'] },
      },
      required: ['column'],
    },
    search: { type: 'string' },
  },
  required: ['prefix'],
};

export const LIST_V2: Schema = {
  type: 'object',
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', finite: true, minimum: 1 },
    cursor: { type: 'string' },
    with_delimiter: { type: 'boolean' },
    sortBy: {
      type: 'object',
      properties: {
        column: { type: 'string', enum: ['name', 'updated_at', 'created_at'] },
        order: { type: 'string', enum: ['asc', 'desc'] },
      },
      required: ['column'],
    },
  },
};

interface SortBy {
  readonly column?: string;
  readonly order?: string;
}

/** Listings, of what row level security lets the caller see. */
export class Listing {
  readonly #database: StorageDatabase;

  constructor(database: StorageDatabase) {
    this.#database = database;
  }

  /** One folder, by offset. */
  byOffset = async (exchange: Exchange): Promise<void> => {
    const { bucket = '' } = exchange.params;
    checkBucketName(bucket);
    const { prefix, search, limit, offset, sortBy } = exchange.body as {
      prefix: string;
      search?: string;
      limit?: number;
      offset?: number;
      sortBy?: SortBy;
    };
    const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
    const { rows } = await this.#database.asCaller(exchange, (transaction) =>
      transaction.query<ListedRow>('select * from storage.search($1, $2, $3, 1, $4, $5, $6, $7)', [
        folder,
        bucket,
        limit ?? 100,
        offset ?? 0,
        search ?? '',
        sortBy?.column ?? 'name',
        sortBy?.order ?? 'asc',
      ]),
    );
    const present = (row: ListedRow): Record<string, unknown> => ({
      name: row.name,
      id: row.id,
      updated_at: row.updated_at,
      created_at: row.created_at,
      last_accessed_at: row.last_accessed_at,
      metadata: row.metadata,
    });
    sendJson(exchange.res, 200, rows.map(present));
  };

  /** Everything below a prefix or one folder, by cursor. */
  byCursor = async (exchange: Exchange): Promise<void> => {
    const { bucket = '' } = exchange.params;
    checkBucketName(bucket);
    const body = (exchange.body ?? {}) as {
      prefix?: string;
      limit?: number;
      cursor?: string;
      with_delimiter?: boolean;
      sortBy?: SortBy;
    };
    const cursor = body.cursor ? decodeCursor(body.cursor) : undefined;
    const order = cursor?.order ?? body.sortBy?.order;
    const column = cursor?.column ?? body.sortBy?.column;
    const page = await this.#database.asCaller(exchange, (transaction) =>
      listPage(transaction, {
        bucket,
        prefix: body.prefix ?? '',
        delimiter: body.with_delimiter ? '/' : undefined,
        limit: Math.min(body.limit ?? 1000, 1000),
        after: cursor?.last ?? '',
        order: order === 'desc' ? 'desc' : 'asc',
        column: column ?? 'name',
        afterTime: cursor?.time ?? '',
      }),
    );
    const { last } = page;
    const time = column === undefined || column === 'name' ? undefined : last?.[column as 'created_at'];
    sendJson(exchange.res, 200, {
      hasNext: last !== undefined,
      ...(last && {
        nextCursor: encodeCursor({ last: last.name, order, column, time: time?.toISOString() }),
        nextCursorKey: last.name,
      }),
      folders: page.folders,
      objects: page.objects,
    });
  };
}

/** Where a listing stopped: name and, when sorted by a time, the time of the last one. */
export interface Cursor {
  readonly last: string;
  readonly order?: string | undefined;
  readonly column?: string | undefined;
  readonly time?: string | undefined;
}

const CURSOR_KEYS = { l: 'last', o: 'order', c: 'column', a: 'time' } as const;

export function encodeCursor(cursor: Cursor): string {
  const lines = Object.entries(CURSOR_KEYS).flatMap(([letter, key]) =>
    cursor[key] ? [`${letter}:${cursor[key]}`] : [],
  );
  return Buffer.from(lines.join('\n')).toString('base64');
}

/** @throws StorageError InvalidParameter */
export function decodeCursor(text: string): Cursor {
  const cursor: Record<string, string> = { last: '', order: 'asc' };
  for (const line of Buffer.from(text, 'base64').toString().split('\n')) {
    const [, letter = '', value = ''] = /^([loca]):(.*)/.exec(line) ?? [];
    if (letter === '') throw storageErrors.invalidParameter('continuation token');
    cursor[CURSOR_KEYS[letter as keyof typeof CURSOR_KEYS]] = value;
  }
  return cursor as unknown as Cursor;
}
