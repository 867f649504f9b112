import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { mergeMetadata, type Db } from '../db/database.ts';
import { failAs, isAddressTaken } from '../db/failures.ts';
import { deleteIdentity, findIdentitiesOfUser, type Identity } from '../db/identities.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { findUserByEmail, updateUser, type User } from '../db/users.ts';
import { unprocessable } from '../errors.ts';

// GoTrue v2.196 internal/api/identity.go, internal/models/user.go

/** Brings `provider` and `providers` of the app metadata in line with the user's identities. */
export async function updateProviders(db: Db, user: User): Promise<void> {
  const { rows } = await db.query<{ provider: string }>(
    'select provider from auth.identities where user_id = $1 order by created_at',
    [user.id],
  );
  const providers = [...new Set(rows.map((row) => row.provider))];
  const first = providers[0] === undefined ? {} : { provider: providers[0] };
  await updateUser(db, user, {
    raw_app_meta_data: mergeMetadata(user.raw_app_meta_data, { providers, ...first }),
  });
}

/**
 * Takes the user's metadata from this identity and deletes every other one: nobody confirmed those, so they may belong
 * to another person.
 */
export async function keepOnlyIdentity(db: Db, user: User, identity: Identity): Promise<void> {
  const isExternal = identity.provider !== 'email' && identity.provider !== 'phone';
  await updateUser(db, user, {
    raw_user_meta_data: mergeMetadata({}, identity.identity_data),
    ...(isExternal ? { encrypted_password: null } : {}),
  });
  for (const other of user.identities) if (other.id !== identity.id) await deleteIdentity(db, other.id);
  await updateProviders(db, user);
}

/** Deletes an identity, and the address or number that came with it. @throws AuthError 422 on a conflict of addresses */
export async function removeIdentity(ctx: Context, db: Db, user: User, identity: Identity): Promise<void> {
  const { provider, provider_id } = identity;
  const traits = { identity_id: identity.id, provider, provider_id };
  await writeAudit(db, user, 'identity_unlinked', { traits, ip: ctx.req.ip }).catch(
    failAs('Error recording audit log entry'),
  );
  await deleteIdentity(db, identity.id).catch(failAs('Database error deleting identity'));
  if (provider === 'phone') {
    await updateUser(db, user, { phone: '', phone_confirmed_at: null }).catch(
      failAs('Database error updating user phone'),
    );
  } else {
    await takeEmailFromIdentities(ctx, db, user).catch(failAs('Database error updating user email'));
  }
  await updateProviders(db, user).catch(failAs('Database error updating user providers'));
}

/**
 * Keeps the user's address while an identity has it. Otherwise the address of another identity replaces it, preferably
 * one that its provider has verified.
 *
 * @throws AuthError 422 when other users have all of those addresses
 */
export async function takeEmailFromIdentities(ctx: Context, db: Db, user: User): Promise<void> {
  const identities = await findIdentitiesOfUser(db, user.id);
  if (identities.some((identity) => identity.email === user.email)) return;
  const rank = ({ email, identity_data }: Identity): number =>
    email === '' ? 2 : identity_data.email_verified === true ? 0 : 1;
  const ranked = identities.toSorted((a, b) => rank(a) - rank(b));
  const conflict = (): Error =>
    unprocessable('email_conflict_identity_not_deletable', 'Unable to unlink identity due to email conflict');
  const chosen = await findFreeEmail(db, user, ranked);
  if (!chosen) throw conflict();
  const { email, identity_data: data } = chosen;
  const isProven = email !== '' && (data.email_verified === true || ctx.settings.email.autoconfirm);
  const unconfirmed = {
    email_confirmed_at: null,
    raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, { email_verified: false }),
  };
  await updateUser(db, user, { ...NO_CODES, email, ...(isProven ? {} : unconfirmed) }).catch(
    (error: unknown) => {
      throw isAddressTaken(error) ? conflict() : error;
    },
  );
  await clearOneTimeTokens(db, user.id);
}

/** Voids every code and unfinished change. */
const NO_CODES = {
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
} as const;

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
