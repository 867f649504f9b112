import type { App, Context } from '../app.ts';
import { audienceOf, DEFAULT_ROLE } from '../roles.ts';
import { writeAudit } from '../db/audit.ts';
import { CommitWithError, timestamp, type Db } from '../db/database.ts';
import { findIdentitiesOfUser, findIdentity, insertIdentity, type Identity } from '../db/identities.ts';
import { mergeMetadata } from '../db/metadata.ts';
import { findOneTimeTokenOwner } from '../db/one-time-tokens.ts';
import { updateProviders } from '../db/providers.ts';
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
import { notify, sendCode } from '../mails/send.ts';
import { takeEmailFromIdentities } from '../routes/identities.ts';
import { beforeUserCreated, confirmEmail, keepOnlyIdentity, saveNewUser } from '../routes/signup.ts';
import type { ProviderProfile } from './profile.ts';

/**
 * The user of a profile: the one with this identity, or one whose verified address is the same (the identity is added),
 * or a new one.
 *
 * @throws AuthError 422 when the address has to be verified first (a mail was sent; commit)
 */
export async function signInWithProfile(
  ctx: Context,
  db: Db,
  provider: string,
  profile: ProviderProfile,
): Promise<User> {
  const { metadata } = profile;
  const known = await findIdentity(db, metadata.sub, provider);
  const found = known ? await findUserById(db, known.user_id) : await findByVerifiedEmail(ctx, db, profile);
  let identity = known;
  let user = found;
  if (user && identity) {
    identity.identity_data = metadata;
    await db.query(
      'update auth.identities set identity_data = $2, last_sign_in_at = $3, updated_at = $3 where id = $1',
      [identity.id, JSON.stringify(metadata), timestamp()],
    );
  } else if (user) {
    identity = await insertIdentity(db, user, provider, metadata);
    const traits = { identity_id: identity.id, provider, provider_id: identity.provider_id };
    await writeAudit(db, user, 'identity_linked', traits, ctx.req.ip);
  } else {
    user = await createUser(ctx, db, provider, profile);
    identity = await insertIdentity(db, user, provider, metadata);
    user.identities = [identity];
  }
  if (found) {
    await updateUser(db, user, { raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, metadata) });
    await updateProviders(db, user);
  }
  if (isBanned(user)) throw forbidden('user_banned', 'User is banned');
  await confirmOrAsk(ctx, db, user, identity, provider, profile);
  return (await findUserById(db, user.id)) ?? user;
}

const primaryEmail = (profile: ProviderProfile): string =>
  (profile.emails.find((email) => email.primary) ?? profile.emails.at(-1))?.email.toLowerCase() ?? '';

async function findByVerifiedEmail(app: App, db: Db, { emails }: ProviderProfile): Promise<User | undefined> {
  const verified = emails.filter((email) => email.verified || app.settings.email.autoconfirm);
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

async function createUser(ctx: Context, db: Db, provider: string, profile: ProviderProfile): Promise<User> {
  if (!ctx.settings.enableSignup) {
    throw unprocessable('signup_disabled', 'Signups not allowed for this instance');
  }
  const email = primaryEmail(profile);
  const aud = audienceOf(ctx.req);
  // An unverified address that somebody else has must not be taken.
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

async function confirmOrAsk(
  ctx: Context,
  db: Db,
  user: User,
  identity: Identity,
  provider: string,
  profile: ProviderProfile,
): Promise<void> {
  const hasEmail = user.email !== '' || ctx.settings.external.get(provider)?.emailOptional !== true;
  if (isConfirmed(user) || !hasEmail) {
    await writeAudit(db, user, 'login', { provider });
    return;
  }
  user.identities = await findIdentitiesOfUser(db, user.id);
  await keepOnlyIdentity(db, user, identity);
  const isVerified = profile.emails.some(
    (email) => email.verified && email.email.toLowerCase() === user.email,
  );
  if (isVerified || ctx.settings.email.autoconfirm) {
    await writeAudit(db, user, 'user_signedup', { provider });
    await confirmEmail(db, user);
    return;
  }
  const isSent = user.email !== '';
  if (isSent) await sendCode(ctx, db, user, 'signup');
  const how = isSent
    ? `A confirmation email has been sent to your ${provider} email`
    : `Verify the email with ${provider} in order to sign in`;
  throw new CommitWithError(
    unprocessable('provider_email_needs_verification', `Unverified email with ${provider}. ${how}`),
  );
}

/** Adds the identity to a signed-in user. @throws AuthError 422 identity_already_exists */
export async function linkProfile(
  ctx: Context,
  db: Db,
  user: User,
  provider: string,
  profile: ProviderProfile,
): Promise<User> {
  const known = await findIdentity(db, profile.metadata.sub, provider);
  if (known) {
    const whose = known.user_id === user.id ? '' : ' to another user';
    throw unprocessable('identity_already_exists', `Identity is already linked${whose}`);
  }
  const identity = await insertIdentity(db, user, provider, profile.metadata);
  const traits = { identity_id: identity.id, provider, provider_id: identity.provider_id };
  await writeAudit(db, user, 'identity_linked', traits, ctx.req.ip);
  if (user.email === '') {
    await takeEmailFromIdentities(ctx, db, user);
    if (profile.metadata.email_verified !== true) {
      await sendCode(ctx, db, user, 'signup');
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
  await updateProviders(db, user);
  await notify(ctx, user, 'identity_linked', { Provider: provider });
  return (await findUserById(db, user.id)) ?? user;
}

/** Accepts an invitation with a provider's account of the same address. */
export async function acceptInvite(
  ctx: Context,
  db: Db,
  token: string,
  provider: string,
  profile: ProviderProfile,
): Promise<User> {
  const owner = await findOneTimeTokenOwner(db, token, ['confirmation_token']);
  const user = owner && (await findUserById(db, owner.userId));
  if (!user) throw notFound('invite_not_found', 'Invite not found');
  if (!profile.emails.some(({ email }) => email.toLowerCase() === user.email)) {
    throw invalid('Invited email does not match emails from external provider');
  }
  const identity = await insertIdentity(db, user, provider, profile.metadata);
  await writeAudit(db, user, 'invite_accepted', { provider });
  await keepOnlyIdentity(db, user, identity);
  await confirmEmail(db, user);
  return (await findUserById(db, user.id)) ?? user;
}
