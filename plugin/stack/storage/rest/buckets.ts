// Storage v1.70.6 src/http/routes/bucket/*.ts, src/http/schemas/file-size-limit.ts
import type { IncomingMessage } from 'node:http';
import { SORT_COLUMNS, type BucketRow } from '../buckets/bucket-row.ts';
import { sendJson } from '../http/respond.ts';
import type { Schema, ValueOf } from '../http/schema.ts';
import type { RestContext, RestExchange } from './route.ts';

const PUBLIC = { type: 'boolean' } as const;
const LIMITS = {
  file_size_limit: {
    anyOf: [
      { type: 'integer', finite: true, nullable: true, minimum: 0 },
      {
        type: 'string',
        pattern: '^[0-9]+(?:\\.[0-9]+)?(?:[gG][bB]|[mM][bB]|[kK][bB]|[bB])$',
        nullable: true,
      },
    ],
  },
  allowed_mime_types: { type: 'array', nullable: true, items: { type: 'string' } },
} as const;

export const CREATE_BUCKET = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    id: { type: 'string' },
    public: PUBLIC,
    type: { type: 'string', enum: ['STANDARD', 'ANALYTICS'] },
    ...LIMITS,
  },
  required: ['name'],
} as const satisfies Schema;

export const UPDATE_BUCKET = {
  type: 'object',
  properties: { public: PUBLIC, ...LIMITS },
  anyOf: [{ required: ['public'] }, { required: ['file_size_limit'] }, { required: ['allowed_mime_types'] }],
} as const satisfies Schema;

export const LIST_BUCKETS = {
  type: 'object',
  properties: {
    limit: { type: 'integer', finite: true, minimum: 1 },
    offset: { type: 'integer', finite: true, minimum: 0 },
    sortColumn: { type: 'string', enum: SORT_COLUMNS },
    sortOrder: { type: 'string', enum: ['asc', 'desc'] },
    search: { type: 'string' },
  },
} as const satisfies Schema;

export async function createBucket(
  { objects }: RestContext,
  { res, scope, input }: RestExchange<ValueOf<typeof CREATE_BUCKET>>,
): Promise<void> {
  await objects.buckets.create(scope, input);
  sendJson(res, 200, { name: input.name });
}

export async function showBucket(
  { objects }: RestContext,
  { res, scope, bucket }: RestExchange,
): Promise<void> {
  sendJson(res, 200, presentBucket(await objects.buckets.getVisible(scope, bucket), false));
}

export async function listBuckets(
  { objects }: RestContext,
  { req, res, scope, input }: RestExchange<ValueOf<typeof LIST_BUCKETS>>,
): Promise<void> {
  const rows = await objects.buckets.listVisible(scope, input);
  const withType = !isOldPythonClient(req);
  sendJson(
    res,
    200,
    rows.map((row) => presentBucket(row, withType)),
  );
}

export async function updateBucket(
  { objects }: RestContext,
  { res, scope, bucket, input }: RestExchange<ValueOf<typeof UPDATE_BUCKET>>,
): Promise<void> {
  await objects.buckets.update(scope, bucket, input);
  sendJson(res, 200, { message: 'Successfully updated' });
}

export async function deleteBucket(
  { objects }: RestContext,
  { res, scope, bucket }: RestExchange,
): Promise<void> {
  await objects.buckets.delete(scope, bucket);
  sendJson(res, 200, { message: 'Successfully deleted' });
}

export async function emptyBucket(
  { objects }: RestContext,
  { res, scope, bucket }: RestExchange,
): Promise<void> {
  await objects.buckets.empty(scope, bucket);
  const message = 'Empty bucket has been queued. Completion may take up to an hour.';
  sendJson(res, 200, { message });
}

function presentBucket(row: BucketRow, withType: boolean): Record<string, unknown> {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner ?? '',
    public: row.public,
    ...(withType ? { type: row.type } : {}),
    file_size_limit: row.file_size_limit === null ? null : Number(row.file_size_limit),
    allowed_mime_types: row.allowed_mime_types,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** Clients that fail on the property `type`: supabase-py before 2.18, storage3 before 0.12.1. */
function isOldPythonClient({ headers }: IncomingMessage): boolean {
  const supabasePy = /supabase-py\/(\d+)\.(\d+)\.\d+/i.exec(String(headers['x-client-info'] ?? ''));
  if (supabasePy) return Number(supabasePy[1]) < 2 || (supabasePy[1] === '2' && Number(supabasePy[2]) < 18);
  const storage3 = /supabase-py\/storage3 v(\d+)\.(\d+)\.(\d+)/i.exec(headers['user-agent'] ?? '');
  if (!storage3) return false;
  const [major = 0, minor = 0, patch = 0] = storage3.slice(1).map(Number);
  return major === 0 && (minor < 12 || (minor === 12 && patch < 1));
}
