import { confirmEmail } from '../accounts/confirm.ts';
import { keepOnlyIdentity, takeEmailFromIdentities, updateProviders } from '../accounts/identities.ts';
import { beforeUserCreated, saveNewUser } from '../accounts/new-user.ts';
import { signupDisabled } from '../accounts/register.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { CommitWithError, mergeMetadata, type Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import {
  findIdentitiesOfUser,
  findIdentity,
  insertIdentity,
  renewIdentity,
  type Identity,
} from '../db/identities.ts';
import { findOneTimeTokenOwner } from '../db/one-time-tokens.ts';
import {
  findUserById,
  findUserWithEmail,
  isBanned,
  isConfirmed,
  newUser,
  updateUser,
  type User,
} from '../db/users.ts';
import { forbidden, internal, invalid, notFound, unprocessable } from '../errors.ts';
import { sendCode } from '../mails/code-mails.ts';
import { notify } from '../mails/notify.ts';
import { audienceOf, DEFAULT_ROLE } from '../roles.ts';
import type { ProviderProfile } from './profile.ts';

// GoTrue v2.196 internal/api/external.go, identity.go, internal/models/linking.go

/** A person, as a provider (`github`) describes them. */
export interface ExternalPerson {
  readonly provider: string;
  readonly profile: ProviderProfile;
}

/**
 * Finds or creates the user of a profile: the one with this identity; or one with the same verified address, who gets
 * the identity; or a new one.
 *
 * @throws AuthError 422 when the address must be verified first (a mail was sent; the transaction is committed)
 */
export async function signInWithProfile(ctx: Context, db: Db, person: ExternalPerson): Promise<User> {
  const { provider, profile } = person;
  const known = await findIdentity(db, profile.metadata.sub, provider);
  const found = known ? await findUserById(db, known.user_id) : await findByVerifiedEmail(ctx, db, profile);
  const user = found ?? (await createUser(ctx, db, person));
  const identity = await saveIdentity(ctx, db, user, {
    person,
    known: found && known,
    isNewUser: !found,
  });
  if (found) {
    await updateUser(db, user, {
      raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, profile.metadata),
    });
    await updateProviders(db, user);
  }
  if (isBanned(user)) throw forbidden('user_banned', 'User is banned');
  await confirmOrAsk(ctx, db, { user, identity, person });
  return (await findUserById(db, user.id)) ?? user;
}

async function saveIdentity(
  ctx: Context,
  db: Db,
  user: User,
  {
    person: { provider, profile },
    known,
    isNewUser,
  }: { readonly person: ExternalPerson; readonly known: Identity | undefined; readonly isNewUser: boolean },
): Promise<Identity> {
  if (known) {
    await renewIdentity(db, known, profile.metadata);
    return known;
  }
  const identity = await insertIdentity(db, user.id, provider, profile.metadata);
  if (isNewUser) user.identities = [identity];
  else await writeLinkedAudit(ctx, db, user, identity);
  return identity;
}

async function writeLinkedAudit(ctx: Context, db: Db, user: User, identity: Identity): Promise<void> {
  const { id: identity_id, provider, provider_id } = identity;
  const traits = { identity_id, provider, provider_id };
  await writeAudit(db, user, 'identity_linked', { traits, ip: ctx.req.ip });
}

const primaryEmail = (profile: ProviderProfile): string =>
  (profile.emails.find((email) => email.primary) ?? profile.emails.at(-1))?.email.toLowerCase() ?? '';

async function findByVerifiedEmail(
  ctx: Context,
  db: Db,
  { emails }: ProviderProfile,
): Promise<User | undefined> {
  const verified = emails.filter((email) => email.verified || ctx.settings.email.autoconfirm);
  if (verified.length === 0) return undefined;
  const { rows } = await db.query<{ id: string }>(
    `select id from auth.users where email = any ($1) and is_sso_user = false
     union select user_id from auth.identities where email = any ($1) and provider not like 'sso:%'`,
    [verified.map(({ email }) => email.toLowerCase())],
  );
  if (rows.length > 1) {
    throw internal(
      'Multiple accounts with the same email address in the same linking domain detected: default',
    );
  }
  return rows[0] && findUserById(db, rows[0].id);
}

async function createUser(ctx: Context, db: Db, { provider, profile }: ExternalPerson): Promise<User> {
  if (!ctx.settings.enableSignup) throw signupDisabled();
  const email = primaryEmail(profile);
  const aud = audienceOf(ctx.req);
  // An unverified address does not prove that it belongs to this person: another user keeps it.
  const isTaken = email !== '' && (await findUserWithEmail(db, email, aud)) !== undefined;
  const user = newUser({
    aud,
    role: DEFAULT_ROLE,
    email: isTaken ? '' : email,
    phone: '',
    raw_app_meta_data: { provider, providers: [provider] },
    raw_user_meta_data: profile.metadata,
  });
  await beforeUserCreated(ctx, user);
  await saveNewUser(db, user);
  return user;
}

interface Unconfirmed {
  readonly user: User;
  readonly identity: Identity;
  readonly person: ExternalPerson;
}

async function confirmOrAsk(ctx: Context, db: Db, { user, identity, person }: Unconfirmed): Promise<void> {
  const { provider, profile } = person;
  const hasEmail = user.email !== '' || ctx.settings.external.get(provider)?.emailOptional !== true;
  if (isConfirmed(user) || !hasEmail) {
    await writeAudit(db, user, 'login', { traits: { provider } });
    return;
  }
  user.identities = await findIdentitiesOfUser(db, user.id);
  await keepOnlyIdentity(db, user, identity).catch(failAs('Error updating user'));
  const isVerified = profile.emails.some(
    (email) => email.verified && email.email.toLowerCase() === user.email,
  );
  if (isVerified || ctx.settings.email.autoconfirm) {
    await writeAudit(db, user, 'user_signedup', { traits: { provider } });
    await confirmEmail(db, user).catch(failAs('Error updating user'));
    return;
  }
  const isSent = user.email !== '';
  if (isSent) await sendCode(ctx, db, user, { type: 'signup' });
  const how = isSent
    ? `A confirmation email has been sent to your ${provider} email`
    : `Verify the email with ${provider} in order to sign in`;
  throw new CommitWithError(
    unprocessable('provider_email_needs_verification', `Unverified email with ${provider}. ${how}`),
  );
}

/** Adds the identity to a signed-in user. @throws AuthError 422 identity_already_exists */
export async function linkProfile(ctx: Context, db: Db, user: User, person: ExternalPerson): Promise<User> {
  const { provider, profile } = person;
  const known = await findIdentity(db, profile.metadata.sub, provider);
  if (known) {
    const whose = known.user_id === user.id ? '' : ' to another user';
    throw unprocessable('identity_already_exists', `Identity is already linked${whose}`);
  }
  const identity = await insertIdentity(db, user.id, provider, profile.metadata);
  await writeLinkedAudit(ctx, db, user, identity);
  if (user.email === '') await takeEmail(ctx, db, user, person);
  await updateProviders(db, user);
  await notify(ctx, user, 'identity_linked', { data: { Provider: provider } });
  return (await findUserById(db, user.id)) ?? user;
}

/** Gives a user without an address that of the new identity. */
async function takeEmail(
  ctx: Context,
  db: Db,
  user: User,
  { provider, profile }: ExternalPerson,
): Promise<void> {
  await takeEmailFromIdentities(ctx, db, user);
  if (profile.metadata.email_verified !== true) {
    await sendCode(ctx, db, user, { type: 'signup' });
    throw new CommitWithError(
      unprocessable(
        'email_not_confirmed',
        `Unverified email with ${provider}. A confirmation email has been sent to your ${provider} email`,
      ),
    );
  }
  await confirmEmail(db, user);
  if (user.is_anonymous) await updateUser(db, user, { is_anonymous: false });
}

/** Accepts an invitation with a provider's account of the same address. @throws AuthError 404 invite_not_found */
export async function acceptInvite(
  db: Db,
  token: string,
  { provider, profile }: ExternalPerson,
): Promise<User> {
  const owner = await findOneTimeTokenOwner(db, token, ['confirmation_token']);
  const user = owner && (await findUserById(db, owner.userId));
  if (!user) throw notFound('invite_not_found', 'Invite not found');
  if (!profile.emails.some(({ email }) => email.toLowerCase() === user.email)) {
    throw invalid('Invited email does not match emails from external provider');
  }
  const identity = await insertIdentity(db, user.id, provider, profile.metadata);
  await writeAudit(db, user, 'invite_accepted', { traits: { provider } });
  await keepOnlyIdentity(db, user, identity).catch(failAs('Error updating user'));
  await confirmEmail(db, user);
  return (await findUserById(db, user.id)) ?? user;
}
