import type { Context } from '../app.ts';
import { badRequest } from '../errors.ts';
import { pageHeaders, readPage } from '../http/pagination.ts';
import { json, type Reply } from '../http/reply.ts';
import { sortKeys } from '../tokens/serialize-user.ts';

// GoTrue v2.196 internal/api/audit.go

const SCOPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['author', ['actor_username', 'actor_name']],
  ['action', ['action']],
  ['type', ['log_type']],
]);

/** GET /admin/audit: newest first, by pages. */
export async function adminAudit(ctx: Context): Promise<Reply> {
  const page = readPage(ctx.req);
  const [column = '', value = ''] = (ctx.req.query.get('query') ?? '').split(':', 2);
  const fields = SCOPES.get(column);
  if (column !== '' && !fields) throw badRequest('validation_failed', `Invalid query scope: ${column}`);
  const filter = (fields ?? []).map((field) => `payload ->> '${field}' ilike '%' || $1 || '%'`).join(' or ');
  const condition = filter === '' ? '$1::text is not null' : `(${filter})`;
  const [counted, found] = await Promise.all([
    ctx.pool.query<{ count: number }>(
      `select count(*) as count from auth.audit_log_entries where ${condition}`,
      [value],
    ),
    ctx.pool.query<{ id: string; payload: unknown; created_at: string; ip_address: string }>(
      `select id, payload, created_at, ip_address from auth.audit_log_entries where ${condition}
       order by created_at desc limit $2 offset $3`,
      [value, page.size, page.offset],
    ),
  ]);
  const entries = found.rows.map((row) => ({ ...row, payload: sortKeys(row.payload) }));
  return json(entries, 200, pageHeaders(ctx.req, page, counted.rows[0]?.count ?? 0));
}
