import { emailExists, prepareEmailUser, refuseConfirmed } from '../accounts/email-user.ts';
import { saveNewEmailUser } from '../accounts/new-user.ts';
import type { App, Context } from '../app.ts';
import { writeAudit, type Actor } from '../db/audit.ts';
import { mergeMetadata, timestamp, transaction, type Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import { findUserByEmail, findUserWithEmail, updateUser, type User } from '../db/users.ts';
import { invalid, notFound } from '../errors.ts';
import type { Admin } from '../guards.ts';
import type { Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { actionLink } from '../mails/action-link.ts';
import { saveEmailChangeTokens } from '../mails/code-mails.ts';
import { saveCode } from '../mails/codes.ts';
import { audienceOf } from '../roles.ts';
import { hashCode, randomCode } from '../secrets/codes.ts';
import { checkPasswordStrength, randomPassword } from '../secrets/password-rules.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import { isRedirectAllowed, redirectTarget } from '../urls.ts';
import { checkEmail } from '../validate.ts';

// GoTrue v2.196 internal/api/mail.go

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
    return prepareEmailUser(ctx, params);
  }
  return params.type === 'invite'
    ? prepareEmailUser(ctx, { email: params.email, data: params.data })
    : undefined;
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
      await saveCode(db, user, { purpose: 'recovery', hash, recipient: user.email });
      return { user, token: hash, linkType: params.type };
    case 'invite':
    case 'signup':
      if (known) refuseConfirmed(known);
      else await saveNewEmailUser(db, user);
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
  if (type === 'invite') {
    await writeAudit(db, actor, 'user_invited', { traits: { user_id: user.id, user_email: user.email } });
  } else if (known && data) {
    await updateUser(db, user, {
      raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, data),
    }).catch(failAs('Database error updating user'));
  }
  await saveCode(db, user, {
    purpose: 'confirmation',
    hash,
    recipient: user.email,
    changes: type === 'invite' ? { invited_at: timestamp() } : {},
  });
}

async function prepareEmailChange(app: App, db: Db, user: User, link: LinkRequest): Promise<Link> {
  const { params, code, hash } = link;
  const isCurrent = params.type === 'email_change_current';
  if (isCurrent && !app.settings.email.doubleConfirmChanges) {
    throw invalid('Enable secure email change to generate link for current email');
  }
  const email = checkEmail(params.new_email);
  if (await findUserWithEmail(db, email, user.aud, user.id)) {
    throw emailExists();
  }
  const token = isCurrent ? hash : hashCode(email, code);
  await updateUser(db, user, {
    email_change: email,
    email_change_sent_at: timestamp(),
    email_change_confirm_status: 0,
    [isCurrent ? 'email_change_token_current' : 'email_change_token_new']: token,
  });
  await saveEmailChangeTokens(db, user);
  return { user, token, linkType: 'email_change' };
}
