// Storage v1.70.6 src/http/routes/object/{listObjects,listObjectsV2}.ts
import { sendJson } from '../http/respond.ts';
import type { Schema, ValueOf } from '../http/schema.ts';
import { checkBucketName } from '../names.ts';
import { decodeCursor, encodeCursor } from '../objects/cursor.ts';
import { FOLDER_COLUMNS, listFolder } from '../objects/list-folder.ts';
import { listPage, PAGE_COLUMNS } from '../objects/list-page.ts';
import type { RestContext, RestExchange } from './route.ts';

const MAX_LISTED = 1000;

export const LIST = {
  type: 'object',
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', finite: true, minimum: 1 },
    offset: { type: 'integer', finite: true, minimum: 0 },
    sortBy: {
      type: 'object',
      properties: {
        column: { type: 'string', enum: FOLDER_COLUMNS },
        order: { type: 'string', enum: ['asc', 'desc'] },
      },
      required: ['column'],
    },
    search: { type: 'string' },
  },
  required: ['prefix'],
} as const satisfies Schema;

export const LIST_V2 = {
  type: 'object',
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', finite: true, minimum: 1 },
    cursor: { type: 'string' },
    with_delimiter: { type: 'boolean' },
    sortBy: {
      type: 'object',
      properties: {
        column: { type: 'string', enum: PAGE_COLUMNS },
        order: { type: 'string', enum: ['asc', 'desc'] },
      },
      required: ['column'],
    },
  },
} as const satisfies Schema;

/** One folder, by offset. */
export async function listObjects(
  { objects }: RestContext,
  { res, scope, bucket, input }: RestExchange<ValueOf<typeof LIST>>,
): Promise<void> {
  checkBucketName(bucket);
  const { prefix, search = '', limit = 100, offset = 0, sortBy } = input;
  const { column = 'name', order = 'asc' } = sortBy ?? {};
  const request = { bucket, folder: prefix, search, limit, offset, column, order };
  sendJson(res, 200, await listFolder(objects.database, scope, request));
}

/** Everything below a prefix, or one folder, by cursor. */
export async function listObjectsByCursor(
  { objects }: RestContext,
  { res, scope, bucket, input }: RestExchange<ValueOf<typeof LIST_V2>>,
): Promise<void> {
  checkBucketName(bucket);
  const cursor = input.cursor ? decodeCursor(input.cursor) : undefined;
  const order = cursor?.order ?? input.sortBy?.order;
  const column = cursor?.column ?? input.sortBy?.column;
  const sortColumn = PAGE_COLUMNS.find((known) => known === column) ?? 'name';
  const {
    folders,
    objects: found,
    last,
  } = await listPage(objects.database, scope, {
    bucket,
    prefix: input.prefix ?? '',
    delimiter: input.with_delimiter ? '/' : undefined,
    limit: Math.min(input.limit ?? MAX_LISTED, MAX_LISTED),
    after: cursor?.last ?? '',
    order: order === 'desc' ? 'desc' : 'asc',
    column: sortColumn,
    afterTime: cursor?.time ?? '',
  });
  const time = sortColumn === 'name' ? undefined : last?.[sortColumn];
  sendJson(res, 200, {
    hasNext: last !== undefined,
    ...(last && {
      nextCursor: encodeCursor({ last: last.name, order, column, time: time?.toISOString() }),
      nextCursorKey: last.name,
    }),
    folders,
    objects: found,
  });
}
