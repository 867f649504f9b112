import type { App, Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { isUniqueViolation, transaction, type Db } from '../db/database.ts';
import { deleteIdentity, findIdentitiesOfUser, type Identity } from '../db/identities.ts';
import { mergeMetadata } from '../db/metadata.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { updateProviders } from '../db/providers.ts';
import { findUserByEmail, updateUser, type User } from '../db/users.ts';
import { forbidden, notFound, unprocessable } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { notify } from '../mails/send.ts';
import { isUuid } from '../uuid.ts';
import type { SignedIn } from '../guards.ts';
import { askedAudience } from '../roles.ts';

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
  await transaction(ctx.pool, (db) => unlink(ctx, db, user, identity));
  await notify(ctx, user, 'identity_unlinked', { Provider: identity.provider }, oldEmail);
  return json({});
}

async function unlink(ctx: Context, db: Db, user: User, identity: Identity): Promise<void> {
  const { provider, provider_id } = identity;
  const traits = { identity_id: identity.id, provider, provider_id };
  await writeAudit(db, user, 'identity_unlinked', traits, ctx.req.ip);
  await deleteIdentity(db, identity.id);
  if (provider === 'phone') await updateUser(db, user, { phone: '', phone_confirmed_at: null });
  else await takeEmailFromIdentities(ctx, db, user);
  await updateProviders(db, user);
}

/**
 * Keeps the user's address while an identity has it; otherwise another identity's takes its place, one that its
 * provider verified first.
 *
 * @throws AuthError 422 when every such address belongs to somebody else
 */
export async function takeEmailFromIdentities(app: App, db: Db, user: User): Promise<void> {
  const identities = await findIdentitiesOfUser(db, user.id);
  if (identities.some((identity) => identity.email === user.email)) return;
  const rank = ({ email, identity_data }: Identity): number =>
    email === '' ? 2 : identity_data.email_verified === true ? 0 : 1;
  const ranked = identities.toSorted((a, b) => rank(a) - rank(b));
  const conflict = (): Error =>
    unprocessable('email_conflict_identity_not_deletable', 'Unable to unlink identity due to email conflict');
  const chosen = await findFreeEmail(db, user, ranked);
  if (!chosen) throw conflict();
  const isProven =
    chosen.email !== '' && (chosen.identity_data.email_verified === true || app.settings.email.autoconfirm);
  await updateUser(db, user, {
    email: chosen.email,
    confirmation_token: '',
    confirmation_sent_at: null,
    recovery_token: '',
    recovery_sent_at: null,
    email_change: '',
    email_change_token_current: '',
    email_change_token_new: '',
    email_change_sent_at: null,
    email_change_confirm_status: 0,
    phone_change: '',
    phone_change_token: '',
    phone_change_sent_at: null,
    reauthentication_token: '',
    reauthentication_sent_at: null,
    ...(isProven
      ? {}
      : {
          email_confirmed_at: null,
          raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, { email_verified: false }),
        }),
  }).catch((error: unknown) => {
    throw isUniqueViolation(error) ? conflict() : error;
  });
  await clearOneTimeTokens(db, user.id);
}

async function findFreeEmail(
  db: Db,
  user: User,
  identities: readonly Identity[],
): Promise<Identity | undefined> {
  for (const identity of identities) {
    if (identity.email === '' || !(await findUserByEmail(db, identity.email, user.aud))) return identity;
  }
  return undefined;
}
