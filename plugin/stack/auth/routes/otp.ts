import type { App } from '../app.ts';
import { audienceOf } from '../guards.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { insertFlowState } from '../db/flow-states.ts';
import { findUserByEmail, findUserByPhone, isConfirmed, isPhoneConfirmed } from '../db/users.ts';
import { badRequest, invalid, unprocessable } from '../errors.ts';
import { parseParams, type Params } from '../http/go-json.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams, readText, type AuthRequest } from '../http/request.ts';
import { sendCode } from '../mails/send.ts';
import { randomPassword } from '../passwords.ts';
import { sendPhoneCode } from '../sms.ts';
import { checkChannel, checkCodeChallenge, checkEmail, checkPhone } from '../validate.ts';
import { registerUser } from './signup.ts';

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
export async function otp(app: App, req: AuthRequest): Promise<Reply> {
  const params = readParams(req, OTP);
  if (params.email !== '' && params.phone !== '') {
    throw invalid('Only an email address or phone number should be provided');
  }
  if (params.email !== '' && params.channel !== '') {
    throw invalid('Channel should only be specified with Phone OTP');
  }
  checkCodeChallenge(params.code_challenge, params.code_challenge_method);
  if (params.create_user === false && !(await userExists(app, req, params))) {
    throw unprocessable('otp_disabled', 'Signups not allowed for otp');
  }
  if (params.email !== '') return sendMagicLink(app, req, params);
  if (params.phone !== '') return sendPhoneOtp(app, req, params);
  throw invalid('One of email or phone must be set');
}

/** POST /magiclink: what /otp does for an address, with texts of its own. */
export async function magicLink(app: App, req: AuthRequest): Promise<Reply> {
  const text = readText(req);
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
  return sendMagicLink(app, req, params);
}

async function userExists(app: App, req: AuthRequest, params: OtpParams): Promise<boolean> {
  const aud = audienceOf(req);
  if (params.email !== '') {
    return (await findUserByEmail(app.pool, checkEmail(params.email), aud)) !== undefined;
  }
  if (params.phone === '') return true;
  return (await findUserByPhone(app.pool, checkPhone(params.phone), aud)) !== undefined;
}

async function sendMagicLink(app: App, req: AuthRequest, params: OtpParams): Promise<Reply> {
  if (!app.settings.email.enabled)
    throw unprocessable('email_provider_disabled', 'Email logins are disabled');
  if (params.email === '') throw unprocessable('validation_failed', 'Password recovery requires an email');
  const email = checkEmail(params.email);
  const pkce = checkCodeChallenge(params.code_challenge, params.code_challenge_method);
  const isPkce = pkce.challenge !== '';
  const aud = audienceOf(req);
  let user = await findUserByEmail(app.pool, email, aud);
  if (!user || !isConfirmed(user)) {
    const signup = { ...params, email, phone: '', channel: '', password: signupPassword(app) };
    await registerUser(app, req, signup);
    // Without autoconfirm the mail of the sign-up signs in as well.
    if (!app.settings.email.autoconfirm) return json({});
    user = await findUserByEmail(app.pool, email, aud);
    if (!user) return json({});
  }
  const found = user;
  await transaction(app.pool, async (db) => {
    const flow = { provider_type: 'magiclink', authentication_method: 'magiclink', user_id: found.id };
    if (isPkce) await insertFlowState(db, flow, pkce);
    await writeAudit(db, found, 'user_recovery_requested');
    await sendCode(app, req, db, found, 'magiclink', isPkce);
  });
  return json({});
}

async function sendPhoneOtp(app: App, req: AuthRequest, params: OtpParams): Promise<Reply> {
  if (!app.settings.sms.enabled) throw badRequest('phone_provider_disabled', 'Unsupported phone provider');
  const phone = checkPhone(params.phone);
  checkChannel(params.channel || 'sms');
  const aud = audienceOf(req);
  let user = await findUserByPhone(app.pool, phone, aud);
  if (!user || !isPhoneConfirmed(user)) {
    const signup = { ...params, email: '', phone, password: signupPassword(app) };
    await registerUser(app, req, { ...signup, code_challenge: '', code_challenge_method: '' });
    if (!app.settings.sms.autoconfirm) return json({});
    user = await findUserByPhone(app.pool, phone, aud);
    if (!user) return json({});
  }
  const found = user;
  const messageId = await transaction(app.pool, async (db) => {
    await writeAudit(db, found, 'user_recovery_requested', { channel: params.channel || 'sms' });
    return sendPhoneCode(app, req, db, found, phone, 'confirmation');
  });
  return json(messageId === '' ? {} : { message_id: messageId });
}

/** Nobody knows it; it contains a character of every class that `password_requirements` asks for. */
function signupPassword(app: App): string {
  const needed = app.settings.password.requiredCharacters.map((set) => set.charAt(0)).join('');
  return needed + randomPassword().slice(0, Math.max(33, app.settings.password.minLength) - needed.length);
}
