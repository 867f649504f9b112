import type { App, Context } from '../app.ts';
import { transaction } from '../db/database.ts';
import { serializeFactor, updateFactor } from '../db/factors.ts';
import { normalizeUser, type User } from '../db/users.ts';
import { writeAudit } from '../db/audit.ts';
import { badRequest, invalid } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams, type AuthRequest } from '../http/request.ts';
import { serializeUser, sortKeys } from '../tokens/serialize-user.ts';
import { checkPhone } from '../validate.ts';
import { removeFactor } from './factors.ts';
import { NIL_UUID } from '../uuid.ts';
import { audienceOf } from '../roles.ts';
import type { Admin, OfFactor, OfUser } from '../guards.ts';

const DEFAULT_PAGE_SIZE = 50;

/** GET /admin/users: newest first, by pages; identities are left out, as in the original. */
export async function adminListUsers(ctx: Context): Promise<Reply> {
  const direction = readSort(ctx.req);
  const page = readPage(ctx.req);
  const aud = audienceOf(ctx.req);
  const filter = ctx.req.query.get('filter') ?? '';
  const condition = `instance_id = '${NIL_UUID}' and aud = $1
    and ($2 = '' or email like '%' || $2 || '%' or raw_user_meta_data ->> 'full_name' ilike '%' || $2 || '%')`;
  const [counted, found] = await Promise.all([
    ctx.pool.query<{ count: number }>(`select count(*) as count from auth.users where ${condition}`, [
      aud,
      filter,
    ]),
    ctx.pool.query<User>(
      `select * from auth.users where ${condition} order by created_at ${direction} limit $3 offset $4`,
      [aud, filter, page.size, Math.max(0, page.number - 1) * page.size],
    ),
  ]);
  const users = found.rows.map((row) =>
    serializeUser(normalizeUser({ ...row, identities: [], factors: [] }), null),
  );
  return json({ users, aud }, 200, pageHeaders(ctx.req, page, counted.rows[0]?.count ?? 0));
}

/** GET /admin/audit */
export async function adminAudit(ctx: Context): Promise<Reply> {
  const page = readPage(ctx.req);
  const [column = '', value = ''] = (ctx.req.query.get('query') ?? '').split(':', 2);
  const columns: Readonly<Record<string, readonly string[]>> = {
    author: ['actor_username', 'actor_name'],
    action: ['action'],
    type: ['log_type'],
  };
  const fields = columns[column];
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
      [value, page.size, Math.max(0, page.number - 1) * page.size],
    ),
  ]);
  const entries = found.rows.map((row) => ({ ...row, payload: sortKeys(row.payload) }));
  return json(entries, 200, pageHeaders(ctx.req, page, counted.rows[0]?.count ?? 0));
}

/** GET /admin/users/:user_id/factors */
export function adminListFactors(_ctx: Context, { user }: OfUser): Reply {
  return json(user.factors.map(serializeFactor));
}

/** DELETE /admin/users/:user_id/factors/:factor_id */
export async function adminDeleteFactor(ctx: Context, { user, factor }: OfUser & OfFactor): Promise<Reply> {
  await transaction(ctx.pool, async (db) => {
    await writeAudit(db, user, 'factor_deleted', { user_id: user.id, factor_id: factor.id }, ctx.req.ip);
    await removeFactor(db, factor);
  });
  return json(serializeFactor(factor));
}

const UPDATE_FACTOR = {
  name: 'adminUserUpdateFactorParams',
  fields: { friendly_name: 'string', phone: 'string' },
} as const;

/** PUT /admin/users/:user_id/factors/:factor_id */
export async function adminUpdateFactor(
  ctx: Context,
  { actor, user, factor }: Admin & OfUser & OfFactor,
): Promise<Reply> {
  const params = readParams(ctx.req, UPDATE_FACTOR);
  const phone = params.phone !== '' && factor.factor_type === 'phone' ? checkPhone(params.phone) : undefined;
  await transaction(ctx.pool, async (db) => {
    if (params.friendly_name !== '') await updateFactor(db, factor, { friendly_name: params.friendly_name });
    if (phone !== undefined) await updateFactor(db, factor, { phone });
    const traits = { user_id: user.id, factor_id: factor.id, factor_type: factor.factor_type };
    await writeAudit(db, actor, 'factor_updated', traits);
  });
  return json(serializeFactor(factor));
}

/** GET /admin/sso/providers; SAML is off, so there are those that somebody put into the table. */
export async function adminListSso(app: App): Promise<Reply> {
  const { rows } = await app.pool.query<{ id: string; created_at: string | null; updated_at: string | null }>(
    'select id, resource_id, disabled, created_at, updated_at from auth.sso_providers order by created_at',
  );
  return json({ items: rows });
}

/** GET /admin/custom-providers */
export async function adminListCustomProviders(app: App): Promise<Reply> {
  const { rows } = await app.pool.query(
    `select to_jsonb(p) - 'client_secret' as provider from auth.custom_oauth_providers p order by created_at`,
  );
  return json({ providers: rows.map((row: { provider: unknown }) => row.provider) });
}

interface Page {
  readonly number: number;
  readonly size: number;
}

function readPage(req: AuthRequest): Page {
  const read = (name: string, fallback: number): number => {
    const text = req.query.get(name) ?? '';
    if (text === '') return fallback;
    if (!/^\d+$/.test(text) || Number(text) > Number.MAX_SAFE_INTEGER) {
      const what = JSON.stringify(text);
      throw invalid(`Bad Pagination Parameters: strconv.ParseUint: parsing ${what}: invalid syntax`);
    }
    return Number(text);
  };
  const size = read('per_page', DEFAULT_PAGE_SIZE);
  return { number: read('page', 1), size: size === 0 ? 20 : size };
}

function readSort(req: AuthRequest): 'asc' | 'desc' {
  const asked = req.query.get('sort');
  if (asked === null) return 'desc';
  const [field = '', direction = 'desc'] = asked.split(/ (.*)/s, 2);
  if (field !== 'created_at') throw invalid(`Bad Sort Parameters: bad field for sort '${field}'`);
  const known = direction.toLowerCase();
  if (known !== 'asc' && known !== 'desc') {
    throw invalid(
      `Bad Sort Parameters: bad direction for sort '${direction}', only 'asc' and 'desc' allowed`,
    );
  }
  return known;
}

function pageHeaders(req: AuthRequest, page: Page, total: number): Record<string, string> {
  const pages = Math.ceil(total / page.size);
  const link = (number: number, rel: string): string => {
    const query = new URLSearchParams(req.query);
    query.set('page', String(number));
    query.sort();
    return `<${req.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [...(pages > page.number ? [link(page.number + 1, 'next')] : []), link(pages, 'last')];
  return { Link: links.join(', '), 'X-Total-Count': String(total) };
}
