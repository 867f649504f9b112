import type { Context } from '../app.ts';
import { normalizeUser, type User } from '../db/users.ts';
import { invalid } from '../errors.ts';
import { pageHeaders, readPage } from '../http/pagination.ts';
import { json, type Reply } from '../http/reply.ts';
import type { AuthRequest } from '../http/request.ts';
import { audienceOf } from '../roles.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { NIL_UUID } from '../uuid.ts';

// GoTrue v2.196 internal/api/admin.go, sorting.go

/** GET /admin/users: newest first, by pages. GoTrue leaves out the identities here. */
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
      [aud, filter, page.size, page.offset],
    ),
  ]);
  const users = found.rows.map((row) =>
    serializeUser(normalizeUser({ ...row, identities: [], factors: [] }), null),
  );
  return json({ users, aud }, 200, pageHeaders(ctx.req, page, counted.rows[0]?.count ?? 0));
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
