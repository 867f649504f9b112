import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { updateFactor } from '../db/factors.ts';
import type { Admin, OfFactor, OfUser } from '../guards.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { removeFactor } from '../mfa/factors.ts';
import { serializeFactor } from '../tokens/serialize-user.ts';
import { checkPhone } from '../validate.ts';

// GoTrue v2.196 internal/api/admin.go

const UPDATE_FACTOR = {
  name: 'adminUserUpdateFactorParams',
  fields: { friendly_name: 'string', phone: 'string' },
} as const;

/** GET /admin/users/:user_id/factors */
export function adminListFactors(_ctx: Context, { user }: OfUser): Reply {
  return json(user.factors.map(serializeFactor));
}

/** DELETE /admin/users/:user_id/factors/:factor_id */
export async function adminDeleteFactor(ctx: Context, { user, factor }: OfUser & OfFactor): Promise<Reply> {
  await transaction(ctx.pool, async (db) => {
    await writeAudit(db, user, 'factor_deleted', {
      traits: { user_id: user.id, factor_id: factor.id },
      ip: ctx.req.ip,
    });
    await removeFactor(db, factor);
  });
  return json(serializeFactor(factor));
}

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
    await writeAudit(db, actor, 'factor_updated', { traits });
  });
  return json(serializeFactor(factor));
}
