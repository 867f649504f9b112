import type { App, Context } from '../app.ts';
import { audienceOf, DEFAULT_ROLE } from '../roles.ts';
import { writeAudit, type Actor } from '../db/audit.ts';
import { timestamp, transaction, type Db } from '../db/database.ts';
import { identityData, insertIdentity } from '../db/identities.ts';
import { mergeMetadata } from '../db/metadata.ts';
import { putOneTimeToken } from '../db/one-time-tokens.ts';
import {
  findUserByEmail,
  findUserWithEmail,
  isConfirmed,
  newUser,
  updateUser,
  type User,
} from '../db/users.ts';
import { invalid, notFound, unprocessable } from '../errors.ts';
import type { Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { actionLink, sendCode } from '../mails/send.ts';
import { checkPasswordStrength, hashPassword, randomCode, randomPassword } from '../passwords.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { isRedirectAllowed, redirectTarget } from '../urls.ts';
import { checkEmail, hashCode } from '../validate.ts';
import { beforeUserCreated, saveNewUser } from './signup.ts';
import type { JsonObject } from '../../../shared/json.ts';
import type { Admin } from '../guards.ts';

const GENERATE = {
  name: 'GenerateLinkParams',
  fields: {
    type: 'string',
    email: 'string',
    new_email: 'string',
    password: 'string',
    data: 'object',
    redirect_to: 'string',
  },
} as const;

type GenerateParams = Params<typeof GENERATE.fields>;

const INVITE = { name: 'InviteParams', fields: { email: 'string', data: 'object' } } as const;

/** POST /invite: mails an invitation, to a new user or to one who never accepted the last one. */
export async function invite(ctx: Context, { actor }: Admin): Promise<Reply> {
  const params = readParams(ctx.req, INVITE);
  const email = checkEmail(params.email);
  const known = await findUserByEmail(ctx.pool, email, audienceOf(ctx.req));
  const user = known ?? (await prepareUser(ctx, email, '', params.data));
  await transaction(ctx.pool, async (db) => {
    if (known) refuseConfirmed(known);
    else await saveWithIdentity(db, user);
    await writeAudit(db, actor, 'user_invited', { user_id: user.id, user_email: user.email });
    await sendCode(ctx, db, user, 'invite');
  });
  return json(serializeUser(user));
}

/** POST /admin/generate_link: the link of a mail without the mail. */
export async function generateLink(ctx: Context, { actor }: Admin): Promise<Reply> {
  const params = readParams(ctx.req, GENERATE);
  params.email = checkEmail(params.email);
  const redirectTo = isRedirectAllowed(ctx, params.redirect_to) ? params.redirect_to : redirectTarget(ctx);
  const known = await findUserByEmail(ctx.pool, params.email, audienceOf(ctx.req));
  if (!known) adaptToUnknown(params);
  const code = randomCode(ctx.settings.email.otpLength);
  const hash = hashCode(params.email, code);
  const fresh = known ? undefined : await prepareForLink(ctx, params);
  const { user, token, linkType } = await transaction(ctx.pool, (db) =>
    makeLink(ctx, db, { params, known, fresh, code, hash, actor }),
  );
  return json({
    ...serializeUser(user),
    action_link: actionLink(ctx, linkType, token, redirectTo),
    email_otp: code,
    hashed_token: hash,
    verification_type: params.type,
    redirect_to: redirectTo,
  });
}

function adaptToUnknown(params: GenerateParams): void {
  if (params.type === 'magiclink') {
    params.type = 'signup';
    params.password = randomPassword();
  } else if (['recovery', 'email_change_current', 'email_change_new'].includes(params.type)) {
    throw notFound('user_not_found', 'User with this email not found');
  }
}

async function prepareForLink(ctx: Context, params: GenerateParams): Promise<User | undefined> {
  if (params.type === 'signup') {
    if (params.password === '') throw invalid('Signup requires a valid password');
    checkPasswordStrength(ctx.settings.password, params.password);
    return prepareUser(ctx, params.email, params.password, params.data);
  }
  return params.type === 'invite' ? prepareUser(ctx, params.email, '', params.data) : undefined;
}

async function prepareUser(
  ctx: Context,
  email: string,
  password: string,
  data: JsonObject | undefined,
): Promise<User> {
  const user = newUser({
    aud: audienceOf(ctx.req),
    role: DEFAULT_ROLE,
    email,
    phone: '',
    encrypted_password: password === '' ? '' : await hashPassword(password),
    raw_app_meta_data: { provider: 'email', providers: ['email'] },
    raw_user_meta_data: data ?? {},
  });
  await beforeUserCreated(ctx, user);
  return user;
}

async function saveWithIdentity(db: Db, user: User): Promise<void> {
  await saveNewUser(db, user);
  const data = identityData(user.id, { email: user.email });
  user.identities = [await insertIdentity(db, user, 'email', data)];
}

function refuseConfirmed(user: User): void {
  if (isConfirmed(user)) {
    throw unprocessable('email_exists', 'A user with this email address has already been registered');
  }
}

interface LinkRequest {
  readonly params: GenerateParams;
  readonly known: User | undefined;
  readonly fresh: User | undefined;
  readonly code: string;
  readonly hash: string;
  readonly actor: Actor;
}

interface Link {
  readonly user: User;
  readonly token: string;
  readonly linkType: string;
}

async function makeLink(ctx: Context, db: Db, link: LinkRequest): Promise<Link> {
  const { params, known, fresh, hash } = link;
  const user = known ?? fresh;
  const unknownType = (): Error => invalid(`Invalid email action link type requested: ${params.type}`);
  if (!user) throw unknownType();
  switch (params.type) {
    case 'magiclink':
    case 'recovery':
      await writeAudit(db, user, 'user_recovery_requested');
      await updateUser(db, user, { recovery_token: hash, recovery_sent_at: timestamp() });
      await putOneTimeToken(db, user.id, 'recovery_token', hash, user.email);
      return { user, token: hash, linkType: params.type };
    case 'invite':
    case 'signup':
      if (known) refuseConfirmed(known);
      else await saveWithIdentity(db, user);
      await prepareConfirmation(db, user, link);
      return { user, token: hash, linkType: params.type };
    case 'email_change_current':
    case 'email_change_new':
      return prepareEmailChange(ctx, db, user, link);
    default:
      throw unknownType();
  }
}

async function prepareConfirmation(db: Db, user: User, link: LinkRequest): Promise<void> {
  const { params, known, hash, actor } = link;
  const { type, data } = params;
  const now = timestamp();
  if (type === 'invite') {
    await writeAudit(db, actor, 'user_invited', { user_id: user.id, user_email: user.email });
  } else if (known && data) {
    await updateUser(db, user, { raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, data) });
  }
  await updateUser(db, user, {
    confirmation_token: hash,
    confirmation_sent_at: now,
    ...(type === 'invite' ? { invited_at: now } : {}),
  });
  await putOneTimeToken(db, user.id, 'confirmation_token', hash, user.email);
}

async function prepareEmailChange(app: App, db: Db, user: User, link: LinkRequest): Promise<Link> {
  const { params, code, hash } = link;
  const isCurrent = params.type === 'email_change_current';
  if (isCurrent && !app.settings.email.doubleConfirmChanges) {
    throw invalid('Enable secure email change to generate link for current email');
  }
  const email = checkEmail(params.new_email);
  if (await findUserWithEmail(db, email, user.aud, user.id)) {
    throw unprocessable('email_exists', 'A user with this email address has already been registered');
  }
  const token = isCurrent ? hash : hashCode(email, code);
  await updateUser(db, user, {
    email_change: email,
    email_change_sent_at: timestamp(),
    email_change_confirm_status: 0,
    [isCurrent ? 'email_change_token_current' : 'email_change_token_new']: token,
  });
  const { email_change_token_current: current, email_change_token_new: next } = user;
  if (current !== '') await putOneTimeToken(db, user.id, 'email_change_token_current', current, user.email);
  if (next !== '') await putOneTimeToken(db, user.id, 'email_change_token_new', next, email);
  return { user, token, linkType: 'email_change' };
}
