import type { App, Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { insertFlowState } from '../db/flow-states.ts';
import { findUserByEmail, findUserByPhone, isConfirmed, isPhoneConfirmed } from '../db/users.ts';
import { badRequest, invalid, unprocessable } from '../errors.ts';
import { parseParams, type Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams, readText } from '../http/request.ts';
import { sendCode } from '../mails/send.ts';
import { randomPassword } from '../passwords.ts';
import { sendPhoneCode } from '../sms.ts';
import { checkChannel, checkCodeChallenge, checkEmail, checkPhone } from '../validate.ts';
import { registerUser } from './signup.ts';
import { audienceOf } from '../roles.ts';

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

/** POST /otp: a link or code by mail, or a code by SMS; makes the user unless `create_user` is false. */
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
  if (params.email !== '') return sendMagicLink(ctx, params);
  if (params.phone !== '') return sendPhoneOtp(ctx, params);
  throw invalid('One of email or phone must be set');
}

/** POST /magiclink: what /otp does for an address, with texts of its own. */
export async function magicLink(ctx: Context): Promise<Reply> {
  const text = readText(ctx.req);
  let params: OtpParams;
  try {
    params = parseParams(text, OTP);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^[^:]*: /, '') : '';
    const streamed = reason.replace(
      'unexpected end of JSON input',
      text.trim() === '' ? 'EOF' : 'unexpected EOF',
    );
    throw badRequest('bad_json', `Could not read verification params: ${streamed}`);
  }
  return sendMagicLink(ctx, params);
}

async function userExists(ctx: Context, params: OtpParams): Promise<boolean> {
  const aud = audienceOf(ctx.req);
  if (params.email !== '') {
    return (await findUserByEmail(ctx.pool, checkEmail(params.email), aud)) !== undefined;
  }
  if (params.phone === '') return true;
  return (await findUserByPhone(ctx.pool, checkPhone(params.phone), aud)) !== undefined;
}

async function sendMagicLink(ctx: Context, params: OtpParams): Promise<Reply> {
  if (!ctx.settings.email.enabled)
    throw unprocessable('email_provider_disabled', 'Email logins are disabled');
  if (params.email === '') throw unprocessable('validation_failed', 'Password recovery requires an email');
  const email = checkEmail(params.email);
  const pkce = checkCodeChallenge(params.code_challenge, params.code_challenge_method);
  const isPkce = pkce.challenge !== '';
  const aud = audienceOf(ctx.req);
  let user = await findUserByEmail(ctx.pool, email, aud);
  if (!user || !isConfirmed(user)) {
    const signup = { ...params, email, phone: '', channel: '', password: signupPassword(ctx) };
    await registerUser(ctx, signup);
    // Without autoconfirm the mail of the sign-up signs in as well.
    if (!ctx.settings.email.autoconfirm) return json({});
    user = await findUserByEmail(ctx.pool, email, aud);
    if (!user) return json({});
  }
  const found = user;
  await transaction(ctx.pool, async (db) => {
    const flow = { provider_type: 'magiclink', authentication_method: 'magiclink', user_id: found.id };
    if (isPkce) await insertFlowState(db, flow, pkce);
    await writeAudit(db, found, 'user_recovery_requested');
    await sendCode(ctx, db, found, 'magiclink', isPkce);
  });
  return json({});
}

async function sendPhoneOtp(ctx: Context, params: OtpParams): Promise<Reply> {
  if (!ctx.settings.sms.enabled) throw badRequest('phone_provider_disabled', 'Unsupported phone provider');
  const phone = checkPhone(params.phone);
  checkChannel(params.channel || 'sms');
  const aud = audienceOf(ctx.req);
  let user = await findUserByPhone(ctx.pool, phone, aud);
  if (!user || !isPhoneConfirmed(user)) {
    const signup = { ...params, email: '', phone, password: signupPassword(ctx) };
    await registerUser(ctx, { ...signup, code_challenge: '', code_challenge_method: '' });
    if (!ctx.settings.sms.autoconfirm) return json({});
    user = await findUserByPhone(ctx.pool, phone, aud);
    if (!user) return json({});
  }
  const found = user;
  const messageId = await transaction(ctx.pool, async (db) => {
    await writeAudit(db, found, 'user_recovery_requested', { channel: params.channel || 'sms' });
    return sendPhoneCode(ctx, db, found, phone, 'confirmation');
  });
  return json(messageId === '' ? {} : { message_id: messageId });
}

/** Nobody knows it; it contains a character of every class that `password_requirements` asks for. */
function signupPassword(app: App): string {
  const needed = app.settings.password.requiredCharacters.map((set) => set.charAt(0)).join('');
  return needed + randomPassword().slice(0, Math.max(33, app.settings.password.minLength) - needed.length);
}
