import { removeIdentity } from '../accounts/identities.ts';
import type { Context } from '../app.ts';
import { transaction } from '../db/database.ts';
import { forbidden, notFound, unprocessable } from '../errors.ts';
import type { SignedIn } from '../guards.ts';
import { json, type Reply } from '../http/reply.ts';
import { notify } from '../mails/notify.ts';
import { askedAudience } from '../roles.ts';
import { isUuid } from '../uuid.ts';

// GoTrue v2.196 internal/api/identity.go

/** DELETE /user/identities/:identity_id */
export async function unlinkIdentity(ctx: Context, { claims, user }: SignedIn): Promise<Reply> {
  const id = (ctx.params.identity_id ?? '').toLowerCase();
  if (!isUuid(id)) throw notFound('validation_failed', 'identity_id must be an UUID');
  const asked = askedAudience(ctx.req);
  if (asked !== '' && asked !== claims.aud) {
    throw forbidden('unexpected_audience', "Token audience doesn't match request audience");
  }
  if (user.identities.length <= 1) {
    throw unprocessable(
      'single_identity_not_deletable',
      'User must have at least 1 identity after unlinking',
    );
  }
  const identity = user.identities.find((candidate) => candidate.id === id);
  if (!identity) throw unprocessable('identity_not_found', "Identity doesn't exist");
  const oldEmail = user.email;
  await transaction(ctx.pool, (db) => removeIdentity(ctx, db, user, identity));
  const data = { Provider: identity.provider, Email: oldEmail };
  await notify(ctx, user, 'identity_unlinked', { data, to: oldEmail });
  return json({});
}
