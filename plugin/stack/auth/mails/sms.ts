import type { Context } from '../app.ts';
import type { Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import type { User } from '../db/users.ts';
import { internal } from '../errors.ts';
import type { TextTemplate } from '../go-template/template.ts';
import { GoStruct } from '../go-template/values.ts';
import { hasHook, runHook } from '../hooks.ts';
import { escapeHtml } from '../html.ts';
import { hashCode, randomCode } from '../secrets/codes.ts';
import { serializeUser } from '../tokens/serialize-user.ts';
import {
  isTooSoon,
  lastSent,
  saveHash,
  saveToken,
  tooSoon,
  type CodePurpose,
  type SentCode,
} from './codes.ts';

// GoTrue v2.196 internal/api/phone.go

interface PhoneCode {
  readonly purpose: Exclude<CodePurpose, 'recovery'>;
  readonly phone: string;
}

/**
 * Sends a code to a phone and stores its hash. Numbers of `[auth.sms.test_otp]` have a fixed code and get no message.
 *
 * @returns the id of the message, '' if it has none
 * @throws AuthError 429 over_sms_send_rate_limit, 500 without an SMS provider
 */
export async function sendPhoneCode(ctx: Context, db: Db, user: User, request: PhoneCode): Promise<string> {
  const { purpose, phone } = request;
  const { sms } = ctx.settings;
  const sentAt = lastSent(user, purpose);
  if (isTooSoon(sentAt, sms.maxFrequency)) {
    throw tooSoon('over_sms_send_rate_limit', sentAt, sms.maxFrequency);
  }
  const testCode = sms.testOtp.get(phone);
  const code = testCode ?? randomCode(sms.otpLength);
  if (testCode === undefined) {
    if (!sms.autoconfirm) ctx.limiter.checkSms();
    await sendSms(ctx, db, user, { phone, code, template: sms.template });
  }
  const isChange = purpose === 'phone_change';
  const sent: SentCode = {
    purpose,
    hash: hashCode(phone, code),
    recipient: isChange ? phone : user.phone,
    changes: isChange ? { phone_change: phone } : {},
  };
  await saveHash(db, user, sent);
  await saveToken(db, user, sent).catch(failAs('error creating one time token'));
  return testCode === undefined ? '' : 'test-otp';
}

interface Sms {
  readonly phone: string;
  readonly code: string;
  readonly template: TextTemplate;
  /** `sms_type` for the hook; absent for codes that sign in. */
  readonly type?: string;
}

/** Passes a message to the hook `send_sms`, or to the inbox: a development server sends nothing to real phones. */
export async function sendSms(ctx: Context, db: Db, user: User, message: Sms): Promise<void> {
  const { phone, code } = message;
  if (hasHook(ctx, 'send_sms')) {
    const sms = { otp: code, ...(message.type ? { sms_type: message.type } : {}), phone };
    await runHook(ctx, 'send_sms', { user: serializeUser(user), sms }, db);
    return;
  }
  if (ctx.settings.sms.provider === '') throw internal('Unable to get SMS provider');
  const text = fill(message.template, code);
  ctx.mailer.keep({ to: `+${phone}`, subject: `SMS to +${phone}`, html: `<p>${escapeHtml(text)}</p>` });
}

function fill(template: TextTemplate, code: string): string {
  try {
    return template.render(new GoStruct({ Code: code }));
  } catch (error) {
    throw internal('error generating sms template', error);
  }
}
