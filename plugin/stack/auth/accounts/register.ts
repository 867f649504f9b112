import type { JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { timestamp, transaction, type Db } from '../db/database.ts';
import { failAs, isAddressTaken } from '../db/failures.ts';
import { findIdentity, identityData, insertIdentity, type Identity } from '../db/identities.ts';
import {
  findUserByPhone,
  findUserWithEmail,
  isConfirmed,
  isPhoneConfirmed,
  newUser,
  type User,
} from '../db/users.ts';
import { AuthError, badRequest, invalid, unprocessable } from '../errors.ts';
import { sendCode } from '../mails/code-mails.ts';
import { sendPhoneCode } from '../mails/sms.ts';
import { audienceOf, DEFAULT_ROLE } from '../roles.ts';
import { hashPassword } from '../secrets/password-hash.ts';
import { checkPasswordStrength } from '../secrets/password-rules.ts';
import { checkCodeChallenge, type CodeChallenge } from '../secrets/pkce.ts';
import { checkChannel, checkEmail, checkPhone } from '../validate.ts';
import { confirmEmail, confirmPhone } from './confirm.ts';
import { keepOnlyIdentity } from './identities.ts';
import { beforeUserCreated, saveNewUser } from './new-user.ts';
import { beginPkceFlow } from './pkce-flow.ts';

// GoTrue v2.196 internal/api/signup.go

/** A sign-up: that of POST /signup, or the one that a first sign-in by code implies. */
export interface SignupParams {
  readonly email: string;
  readonly phone: string;
  readonly password: string;
  readonly data: JsonObject | undefined;
  readonly channel: string;
  readonly code_challenge: string;
  readonly code_challenge_method: string;
}

/** A checked sign-up. */
interface Signup {
  readonly provider: 'email' | 'phone';
  readonly params: SignupParams;
  readonly pkce: CodeChallenge;
  readonly aud: string;
}

/**
 * Creates the user, or finds the one whose sign-up was never confirmed; then confirms it or sends the code.
 *
 * @returns `repeated`: an invented user, when the address has a confirmed user whom the client must not discover
 * @throws AuthError
 */
export async function registerUser(
  ctx: Context,
  given: SignupParams,
): Promise<{ user: User; repeated?: User }> {
  if (!ctx.settings.enableSignup) throw signupDisabled();
  const signup = checkSignup(ctx, given);
  const { provider } = signup;
  const known = await findKnown(ctx, signup);
  const user = known ?? (await prepareUser(ctx, signup));
  try {
    await transaction(ctx.pool, (db) => saveSignup(ctx, db, user, { ...signup, isNew: !known }));
  } catch (error) {
    if (!(error instanceof UserExists)) throw error;
    await writeAudit(ctx.pool, user, 'user_repeated_signup', { traits: { provider } });
    if (ctx.settings.email.autoconfirm || ctx.settings.sms.autoconfirm) {
      throw unprocessable('user_already_exists', 'User already registered');
    }
    return { user, repeated: inventUser(user, signup) };
  }
  return { user };
}

export function signupDisabled(): Error {
  return unprocessable('signup_disabled', 'Signups not allowed for this instance');
}

/** The address or number has a confirmed user. */
class UserExists extends Error {}

function checkSignup(ctx: Context, params: SignupParams): Signup {
  const { settings } = ctx;
  const provider = params.email === '' ? 'phone' : 'email';
  if (params.password === '') throw invalid('Signup requires a valid password');
  checkPasswordStrength(settings.password, params.password);
  if (params.email !== '' && params.phone !== '') {
    throw invalid('Only an email address or phone number should be provided on signup.');
  }
  if (provider === 'phone') checkChannel(params.channel || 'sms');
  if (params.phone !== '' && params.code_challenge !== '') {
    throw invalid('PKCE not supported for phone signups');
  }
  const pkce = checkCodeChallenge(params.code_challenge, params.code_challenge_method);
  const aud = audienceOf(ctx.req);
  if (provider === 'email') {
    if (!settings.email.enabled) throw badRequest('email_provider_disabled', 'Email signups are disabled');
    return { provider, pkce, aud, params: { ...params, email: checkEmail(params.email) } };
  }
  if (!settings.sms.enabled) throw badRequest('phone_provider_disabled', 'Phone signups are disabled');
  return { provider, pkce, aud, params: { ...params, phone: checkPhone(params.phone) } };
}

function findKnown(ctx: Context, { provider, params, aud }: Signup): Promise<User | undefined> {
  return provider === 'email'
    ? findUserWithEmail(ctx.pool, params.email, aud)
    : findUserByPhone(ctx.pool, params.phone, aud);
}

async function prepareUser(ctx: Context, { provider, params, aud }: Signup): Promise<User> {
  const user = newUser({
    aud,
    role: DEFAULT_ROLE,
    email: params.email,
    phone: params.phone,
    encrypted_password: await hashPassword(params.password),
    raw_app_meta_data: { provider, providers: [provider] },
    raw_user_meta_data: params.data ?? {},
  });
  await beforeUserCreated(ctx, user);
  return user;
}

type SavedSignup = Signup & { readonly isNew: boolean };

async function saveSignup(ctx: Context, db: Db, user: User, signup: SavedSignup): Promise<void> {
  const { provider, isNew } = signup;
  if (isNew) {
    await saveNewUser(db, user).catch((error: unknown) => {
      // Another request for the same address was faster.
      throw error instanceof AuthError && isAddressTaken(error.cause) ? new UserExists() : error;
    });
  } else if (provider === 'email' ? isConfirmed(user) : isPhoneConfirmed(user)) {
    throw new UserExists();
  }
  const identity = await saveIdentity(db, user, signup);
  if (provider === 'email') await confirmOrMail(ctx, db, user, { ...signup, identity });
  else await confirmOrText(ctx, db, user, signup);
}

async function saveIdentity(db: Db, user: User, { provider, params }: Signup): Promise<Identity> {
  let identity = await findIdentity(db, user.id, provider);
  if (!identity) {
    const own = identityData(user.id, provider === 'email' ? { email: user.email } : {});
    identity = await insertIdentity(db, user.id, provider, { ...params.data, ...own });
    await keepOnlyIdentity(db, user, identity);
  }
  user.identities = [identity];
  return identity;
}

async function confirmOrMail(
  ctx: Context,
  db: Db,
  user: User,
  { isNew, identity, pkce }: SavedSignup & { readonly identity: Identity },
): Promise<void> {
  if (isConfirmed(user)) return;
  const provider = 'email';
  if (ctx.settings.email.autoconfirm) {
    await writeAudit(db, user, 'user_signedup', { traits: { provider } });
    await confirmEmail(db, user).catch(failAs('Database error updating user'));
    // In GoTrue a new user and its identity share one map of data, which shows in the answer.
    if (isNew) identity.identity_data = { ...identity.identity_data, email_verified: true };
    return;
  }
  await writeAudit(db, user, 'user_confirmation_requested', { traits: { provider } });
  const isPkce = await beginPkceFlow(db, user, { providerType: provider, method: 'email/signup' }, pkce);
  await sendCode(ctx, db, user, { type: 'signup', isPkce });
}

async function confirmOrText(ctx: Context, db: Db, user: User, { params }: Signup): Promise<void> {
  if (isPhoneConfirmed(user)) return;
  const provider = 'phone';
  if (ctx.settings.sms.autoconfirm) {
    const traits = { provider, channel: params.channel || 'sms' };
    await writeAudit(db, user, 'user_signedup', { traits });
    await confirmPhone(db, user).catch(failAs('Database error updating user'));
    return;
  }
  await writeAudit(db, user, 'user_confirmation_requested', { traits: { provider } });
  await sendPhoneCode(ctx, db, user, { purpose: 'confirmation', phone: params.phone });
}

/** The answer to a sign-up with an address that is taken: it looks like that for a new user. */
function inventUser(user: User, { provider, params, aud }: Signup): User {
  const now = timestamp();
  const invented = newUser({
    aud,
    email: provider === 'email' ? user.email : '',
    phone: provider === 'phone' ? user.phone : '',
    raw_app_meta_data: { provider, providers: [provider] },
    raw_user_meta_data: params.data ?? {},
    confirmation_sent_at: now,
  });
  return { ...invented, created_at: now, updated_at: now };
}
