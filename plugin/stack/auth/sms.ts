import type { Context } from './app.ts';
import { timestamp, type Db } from './db/database.ts';
import { putOneTimeToken } from './db/one-time-tokens.ts';
import { updateUser, type User } from './db/users.ts';
import { hasHook, runHook } from './hooks.ts';
import { internal, tooMany } from './errors.ts';
import { parseTemplate, renderTemplate } from './mails/go-template.ts';
import { randomCode } from './passwords.ts';
import { serializeUser } from './tokens/serialize-user.ts';
import { frequencyMessage, hashCode } from './validate.ts';
import { escapeHtml } from './html.ts';

type PhoneCodeType = 'confirmation' | 'phone_change' | 'reauthentication';
type TokenColumn = 'confirmation_token' | 'phone_change_token' | 'reauthentication_token';
type SentColumn = 'confirmation_sent_at' | 'phone_change_sent_at' | 'reauthentication_sent_at';

const COLUMNS: Readonly<Record<PhoneCodeType, readonly [TokenColumn, SentColumn]>> = {
  confirmation: ['confirmation_token', 'confirmation_sent_at'],
  phone_change: ['phone_change_token', 'phone_change_sent_at'],
  reauthentication: ['reauthentication_token', 'reauthentication_sent_at'],
};

/**
 * Sends a code to a phone and keeps its hash. Numbers of `[auth.sms.test_otp]` get their fixed code and no message.
 *
 * @returns the message's id, '' if it has none
 * @throws AuthError 429 over_sms_send_rate_limit, 500 without an SMS provider
 */
export async function sendPhoneCode(
  ctx: Context,
  db: Db,
  user: User,
  phone: string,
  type: PhoneCodeType,
): Promise<string> {
  const { sms } = ctx.settings;
  const [tokenColumn, sentColumn] = COLUMNS[type];
  const sentAt = user[sentColumn];
  if (sentAt !== null && Date.parse(sentAt) + sms.maxFrequency * 1000 >= Date.now()) {
    throw tooMany('over_sms_send_rate_limit', frequencyMessage(sentAt, sms.maxFrequency));
  }
  const testCode = sms.testOtp.get(phone);
  const code = testCode ?? randomCode(sms.otpLength);
  if (testCode === undefined) {
    if (!sms.autoconfirm) ctx.limiter.checkSms();
    await sendSms(ctx, db, user, { phone, code, template: sms.template });
  }
  const token = hashCode(phone, code);
  await updateUser(db, user, {
    [tokenColumn]: token,
    [sentColumn]: timestamp(),
    ...(type === 'phone_change' ? { phone_change: phone } : {}),
  });
  await putOneTimeToken(db, user.id, tokenColumn, token, type === 'phone_change' ? phone : user.phone);
  return testCode === undefined ? '' : 'test-otp';
}

/** Hands a message to the hook `send_sms`, or to the inbox: a development server sends nothing to real phones. */
export async function sendSms(
  ctx: Context,
  db: Db,
  user: User,
  message: {
    readonly phone: string;
    readonly code: string;
    readonly template: string;
    readonly type?: string;
  },
): Promise<void> {
  const { phone, code } = message;
  if (hasHook(ctx, 'send_sms')) {
    const sms = { otp: code, ...(message.type ? { sms_type: message.type } : {}), phone };
    await runHook(ctx, 'send_sms', { user: serializeUser(user), sms }, db);
    return;
  }
  if (ctx.settings.sms.provider === '') throw internal('Unable to get SMS provider');
  const text = renderTemplate(parseTemplate(message.template, 'auth.sms.template'), { Code: code });
  await ctx.mailer.send({ to: `+${phone}`, subject: `SMS to +${phone}`, html: `<p>${escapeHtml(text)}</p>` });
}
