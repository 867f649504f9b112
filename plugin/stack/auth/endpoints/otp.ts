import { sendMagicLink } from '../accounts/magic-link.ts';
import { registerUser } from '../accounts/register.ts';
import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { findUserByEmail, findUserByPhone, isPhoneConfirmed } from '../db/users.ts';
import { badRequest, invalid, unprocessable } from '../errors.ts';
import type { Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { sendPhoneCode } from '../mails/sms.ts';
import { audienceOf } from '../roles.ts';
import { randomPasswordFor } from '../secrets/password-rules.ts';
import { checkCodeChallenge } from '../secrets/pkce.ts';
import { checkChannel, checkEmail, checkPhone } from '../validate.ts';

// GoTrue v2.196 internal/api/otp.go

const OTP = {
  name: 'OtpParams',
  fields: {
    email: 'string',
    phone: 'string',
    create_user: 'boolean?',
    data: 'object',
    channel: 'string',
    code_challenge: 'string',
    code_challenge_method: 'string',
  },
} as const;

type OtpParams = Params<typeof OTP.fields>;

/** POST /otp: a link or code by mail, or a code by SMS; creates the user unless `create_user` is false. */
export async function otp(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, OTP);
  if (params.email !== '' && params.phone !== '') {
    throw invalid('Only an email address or phone number should be provided');
  }
  if (params.email !== '' && params.channel !== '') {
    throw invalid('Channel should only be specified with Phone OTP');
  }
  checkCodeChallenge(params.code_challenge, params.code_challenge_method);
  if (params.create_user === false && !(await userExists(ctx, params))) {
    throw unprocessable('otp_disabled', 'Signups not allowed for otp');
  }
  if (params.email !== '') {
    await sendMagicLink(ctx, params);
    return json({});
  }
  if (params.phone !== '') return sendPhoneOtp(ctx, params);
  throw invalid('One of email or phone must be set');
}

async function userExists(ctx: Context, params: OtpParams): Promise<boolean> {
  const aud = audienceOf(ctx.req);
  if (params.email !== '') {
    return (await findUserByEmail(ctx.pool, checkEmail(params.email), aud)) !== undefined;
  }
  if (params.phone === '') return true;
  return (await findUserByPhone(ctx.pool, checkPhone(params.phone), aud)) !== undefined;
}

async function sendPhoneOtp(ctx: Context, params: OtpParams): Promise<Reply> {
  const { password, sms } = ctx.settings;
  if (!sms.enabled) throw badRequest('phone_provider_disabled', 'Unsupported phone provider');
  const phone = checkPhone(params.phone);
  checkChannel(params.channel || 'sms');
  const aud = audienceOf(ctx.req);
  let user = await findUserByPhone(ctx.pool, phone, aud);
  if (!user || !isPhoneConfirmed(user)) {
    const noPkce = { code_challenge: '', code_challenge_method: '' };
    await registerUser(ctx, {
      ...params,
      ...noPkce,
      email: '',
      phone,
      password: randomPasswordFor(password),
    });
    if (!sms.autoconfirm) return json({});
    user = await findUserByPhone(ctx.pool, phone, aud);
    if (!user) return json({});
  }
  const found = user;
  const messageId = await transaction(ctx.pool, async (db) => {
    const traits = { channel: params.channel || 'sms' };
    await writeAudit(db, found, 'user_recovery_requested', { traits });
    return sendPhoneCode(ctx, db, found, { purpose: 'confirmation', phone });
  });
  return json(messageId === '' ? {} : { message_id: messageId });
}
