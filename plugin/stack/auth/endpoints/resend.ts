import { beginPkceFlow } from '../accounts/pkce-flow.ts';
import type { App, Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction, type Db } from '../db/database.ts';
import { type CodeChallenge, checkCodeChallenge } from '../secrets/pkce.ts';
import { findUserByEmail, findUserByPhone, isConfirmed, isPhoneConfirmed, type User } from '../db/users.ts';
import { badRequest, invalid } from '../errors.ts';
import type { Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { sendCode, sendEmailChange } from '../mails/code-mails.ts';
import { sendPhoneCode } from '../mails/sms.ts';
import { checkEmail, checkPhone } from '../validate.ts';
import { audienceOf } from '../roles.ts';

// GoTrue v2.196 internal/api/resend.go

const RESEND = {
  name: 'ResendConfirmationParams',
  fields: {
    type: 'string',
    email: 'string',
    phone: 'string',
    code_challenge: 'string',
    code_challenge_method: 'string',
  },
} as const;

type ResendParams = Params<typeof RESEND.fields>;

/** POST /resend: sends the mail or message of a sign-up or change again. The answer does not reveal whether it did. */
export async function resend(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, RESEND);
  const pkce = checkResend(ctx, params);
  const aud = audienceOf(ctx.req);
  const user =
    params.email === ''
      ? await findUserByPhone(ctx.pool, params.phone, aud)
      : await findUserByEmail(ctx.pool, params.email, aud);
  if (!user || !isDue(user, params.type)) return json({});
  const messageId = await transaction(ctx.pool, (db) => send(ctx, db, user, { ...params, pkce }));
  return json(messageId === '' ? {} : { message_id: messageId });
}

function checkResend(app: App, params: ResendParams): CodeChallenge {
  const { type } = params;
  const isMail = type === 'signup' || type === 'email_change';
  if (!isMail && type !== 'sms' && type !== 'phone_change') {
    throw invalid('Missing one of these types: signup, email_change, sms, phone_change');
  }
  const pkce = isMail
    ? checkCodeChallenge(params.code_challenge, params.code_challenge_method)
    : { challenge: '', method: '' };
  if (params.email === '' && type === 'signup') throw invalid('Type provided requires an email address');
  if (params.phone === '' && type === 'sms') throw invalid('Type provided requires a phone number');
  if (params.email !== '' && params.phone !== '') {
    throw invalid('Only an email address or phone number should be provided.');
  }
  if (params.email !== '') {
    if (!app.settings.email.enabled) throw badRequest('email_provider_disabled', 'Email logins are disabled');
    params.email = checkEmail(params.email);
  } else if (params.phone !== '') {
    if (!app.settings.sms.enabled) throw badRequest('phone_provider_disabled', 'Phone logins are disabled');
    params.phone = checkPhone(params.phone);
  } else {
    throw invalid('Missing email address or phone number');
  }
  return pkce;
}

function isDue(user: User, type: string): boolean {
  switch (type) {
    case 'signup':
      return !isConfirmed(user);
    case 'sms':
      return !isPhoneConfirmed(user);
    case 'email_change':
      return user.email_change !== '';
    default:
      return user.phone_change !== '';
  }
}

async function send(
  ctx: Context,
  db: Db,
  user: User,
  { type, phone, pkce }: ResendParams & { readonly pkce: CodeChallenge },
): Promise<string> {
  const method = type === 'signup' ? 'email/signup' : type;
  const isPkce = await beginPkceFlow(db, user, { providerType: method, method }, pkce);
  switch (type) {
    case 'signup':
      await writeAudit(db, user, 'user_confirmation_requested');
      await sendCode(ctx, db, user, { type, isPkce });
      return '';
    case 'sms':
      await writeAudit(db, user, 'user_recovery_requested');
      return sendPhoneCode(ctx, db, user, { purpose: 'confirmation', phone });
    case 'email_change':
      await sendEmailChange(ctx, db, user, { email: user.email_change, isPkce });
      return '';
    default:
      return sendPhoneCode(ctx, db, user, { purpose: 'phone_change', phone: user.phone_change });
  }
}
