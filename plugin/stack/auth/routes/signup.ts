import type { App, Context } from '../app.ts';
import { audienceOf, DEFAULT_ROLE } from '../roles.ts';
import { writeAudit } from '../db/audit.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { isUniqueViolation, timestamp, transaction, type Db } from '../db/database.ts';
import { insertFlowState, type CodeChallenge } from '../db/flow-states.ts';
import {
  deleteIdentity,
  findIdentity,
  identityData,
  insertIdentity,
  type Identity,
} from '../db/identities.ts';
import {
  findUserByPhone,
  findUserWithEmail,
  insertUser,
  isConfirmed,
  isPhoneConfirmed,
  newUser,
  updateUser,
  type User,
} from '../db/users.ts';
import { updateProviders } from '../db/providers.ts';
import { mergeMetadata } from '../db/metadata.ts';
import { hasHook, runHook } from '../hooks.ts';
import { badRequest, internal, invalid, unprocessable } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { sendCode } from '../mails/send.ts';
import { checkPasswordStrength, hashPassword } from '../passwords.ts';
import { sendPhoneCode } from '../sms.ts';
import { issueSession } from '../tokens/issue.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { checkChannel, checkCodeChallenge, checkEmail, checkPhone } from '../validate.ts';
import type { JsonObject } from '../../../shared/json.ts';

const SIGNUP = {
  name: 'SignupParams',
  fields: {
    email: 'string',
    phone: 'string',
    password: 'string',
    data: 'object',
    channel: 'string',
    code_challenge: 'string',
    code_challenge_method: 'string',
  },
} as const;

/** What a sign-up needs to know, from POST /signup or from a first sign-in by code. */
export interface SignupParams {
  email: string;
  phone: string;
  readonly password: string;
  readonly data: JsonObject | undefined;
  readonly channel: string;
  readonly code_challenge: string;
  readonly code_challenge_method: string;
}

/** POST /signup: an anonymous user without address and number, else a user to be confirmed or signed in at once. */
export async function signup(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, SIGNUP);
  if (params.email === '' && params.phone === '') return signupAnonymously(ctx, params.data ?? {});
  ctx.limiter.checkRequest('signup', ctx.req);
  const { user, repeated } = await registerUser(ctx, params);
  if (repeated) return json(serializeUser(repeated));
  if (!isConfirmed(user) && !isPhoneConfirmed(user)) {
    // Somebody else's data must not show in the answer to a stranger.
    const isInvited = user.invited_at !== null;
    return json(isInvited ? serializeUser({ ...user, raw_user_meta_data: {} }, []) : serializeUser(user));
  }
  const { response } = await transaction(ctx.pool, async (db) => {
    await writeAudit(db, user, 'login', { provider: params.email === '' ? 'phone' : 'email' });
    return issueSession(ctx, db, user, 'password');
  });
  return json(response);
}

async function signupAnonymously(ctx: Context, data: JsonObject): Promise<Reply> {
  if (!ctx.settings.anonymousSignIns) {
    // The original looks at this before anything else, but says first what it is asked most.
    throw unprocessable('anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  }
  ctx.limiter.checkRequest('anonymous', ctx.req);
  if (!ctx.settings.enableSignup) throw signupDisabled();
  const user = newUser({
    aud: audienceOf(ctx.req),
    role: DEFAULT_ROLE,
    email: '',
    phone: '',
    raw_user_meta_data: data,
    is_anonymous: true,
  });
  await beforeUserCreated(ctx, user);
  const { response } = await transaction(ctx.pool, async (db) => {
    await saveNewUser(db, user);
    return issueSession(ctx, db, user, 'anonymous');
  });
  return json(response);
}

/**
 * Makes the user (or finds the one whose sign-up was never confirmed), and confirms it or sends the code.
 *
 * @returns `repeated`: a made-up user, when the address has a confirmed one that the caller must not learn of
 * @throws AuthError as the original
 */
export async function registerUser(
  ctx: Context,
  params: SignupParams,
): Promise<{ user: User; repeated?: User }> {
  if (!ctx.settings.enableSignup) throw signupDisabled();
  const provider = params.email === '' ? 'phone' : 'email';
  const pkce = checkSignup(ctx, params, provider);
  const aud = audienceOf(ctx.req);
  const known = await findKnown(ctx, params, provider, aud);
  const fresh = known ? undefined : await prepareUser(ctx, params, provider, aud);
  const user = known ?? fresh;
  if (!user) throw internal('Database error finding user');
  try {
    await transaction(ctx.pool, (db) => saveSignup(ctx, db, { user, fresh, params, provider, pkce }));
  } catch (error) {
    if (!(error instanceof UserExists)) throw error;
    await writeAudit(ctx.pool, user, 'user_repeated_signup', { provider });
    if (ctx.settings.email.autoconfirm || ctx.settings.sms.autoconfirm) {
      throw unprocessable('user_already_exists', 'User already registered');
    }
    return { user, repeated: disguise(user, params, provider, aud) };
  }
  return { user };
}

/** The address or number has a confirmed user. */
class UserExists extends Error {}

function checkSignup(app: App, params: SignupParams, provider: string): CodeChallenge {
  if (params.password === '') throw invalid('Signup requires a valid password');
  checkPasswordStrength(app.settings.password, params.password);
  if (params.email !== '' && params.phone !== '') {
    throw invalid('Only an email address or phone number should be provided on signup.');
  }
  if (provider === 'phone') checkChannel(params.channel || 'sms');
  if (params.phone !== '' && params.code_challenge !== '') {
    throw invalid('PKCE not supported for phone signups');
  }
  return checkCodeChallenge(params.code_challenge, params.code_challenge_method);
}

async function findKnown(
  app: App,
  params: SignupParams,
  provider: 'email' | 'phone',
  aud: string,
): Promise<User | undefined> {
  if (provider === 'email') {
    if (!app.settings.email.enabled)
      throw badRequest('email_provider_disabled', 'Email signups are disabled');
    params.email = checkEmail(params.email);
    return findUserWithEmail(app.pool, params.email, aud);
  }
  if (!app.settings.sms.enabled) throw badRequest('phone_provider_disabled', 'Phone signups are disabled');
  params.phone = checkPhone(params.phone);
  return findUserByPhone(app.pool, params.phone, aud);
}

async function prepareUser(ctx: Context, params: SignupParams, provider: string, aud: string): Promise<User> {
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

/** The hook `before_user_created` may refuse the user. */
export async function beforeUserCreated(ctx: Context, user: User): Promise<void> {
  if (hasHook(ctx, 'before_user_created')) {
    await runHook(ctx, 'before_user_created', { user: serializeUser(user) });
  }
}

/** @throws AuthError 500 with the database's own message, so that a failing trigger can be found */
export async function saveNewUser(db: Db, user: User): Promise<void> {
  await insertUser(db, user).catch((error: unknown) => {
    if (isUniqueViolation(error)) throw error;
    if (isBadText(error)) throw invalid('Text must not contain the character U+0000');
    throw internal('Database error saving new user', error);
  });
}

/** PostgreSQL cannot keep U+0000 in text or jsonb. */
function isBadText(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '22P05' || error.code === '22021');
}

interface Signup {
  readonly user: User;
  readonly fresh: User | undefined;
  readonly params: SignupParams;
  readonly provider: 'email' | 'phone';
  readonly pkce: CodeChallenge;
}

async function saveSignup(ctx: Context, db: Db, signup: Signup): Promise<void> {
  const { user, fresh, params, provider, pkce } = signup;
  if (fresh) {
    await saveNewUser(db, user).catch((error: unknown) => {
      // Another request for the same address was faster.
      throw isUniqueViolation(error) ? new UserExists() : error;
    });
  } else if (provider === 'email' ? isConfirmed(user) : isPhoneConfirmed(user)) {
    throw new UserExists();
  }
  let identity = await findIdentity(db, user.id, provider);
  if (!identity) {
    const data = {
      ...params.data,
      ...identityData(user.id, provider === 'email' ? { email: user.email } : {}),
    };
    identity = await insertIdentity(db, user, provider, data);
    await keepOnlyIdentity(db, user, identity);
  }
  user.identities = [identity];
  if (provider === 'email') {
    if (isConfirmed(user)) return;
    if (ctx.settings.email.autoconfirm) {
      await writeAudit(db, user, 'user_signedup', { provider });
      await confirmEmail(db, user);
      // In the original's answer the identity and the user share their data.
      if (fresh) identity.identity_data = { ...identity.identity_data, email_verified: true };
      return;
    }
    await writeAudit(db, user, 'user_confirmation_requested', { provider });
    const isPkce = pkce.challenge !== '';
    const flow = { provider_type: 'email', authentication_method: 'email/signup', user_id: user.id };
    if (isPkce) await insertFlowState(db, flow, pkce);
    await sendCode(ctx, db, user, 'signup', isPkce);
    return;
  }
  if (isPhoneConfirmed(user)) return;
  if (ctx.settings.sms.autoconfirm) {
    await writeAudit(db, user, 'user_signedup', { provider, channel: params.channel || 'sms' });
    await confirmPhone(db, user);
    return;
  }
  await writeAudit(db, user, 'user_confirmation_requested', { provider });
  await sendPhoneCode(ctx, db, user, params.phone, 'confirmation');
}

/**
 * The user's data become those of this identity, and every other identity goes: nobody confirmed them, so they may be
 * somebody else's.
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

export async function confirmEmail(db: Db, user: User): Promise<void> {
  await updateUser(db, user, {
    confirmation_token: '',
    email_confirmed_at: timestamp(),
    raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, { email_verified: true }),
  });
  await clearOneTimeTokens(db, user.id);
}

export async function confirmPhone(db: Db, user: User): Promise<void> {
  await updateUser(db, user, { confirmation_token: '', phone_confirmed_at: timestamp() });
  await clearOneTimeTokens(db, user.id);
}

/** What a stranger sees who signs up with an address that is taken: a user like a new one. */
function disguise(user: User, params: SignupParams, provider: string, aud: string): User {
  const now = timestamp();
  const made = newUser({
    aud,
    email: provider === 'email' ? user.email : '',
    phone: provider === 'phone' ? user.phone : '',
    raw_app_meta_data: { provider, providers: [provider] },
    raw_user_meta_data: params.data ?? {},
    confirmation_sent_at: now,
  });
  return { ...made, created_at: now, updated_at: now };
}

function signupDisabled(): Error {
  return unprocessable('signup_disabled', 'Signups not allowed for this instance');
}
