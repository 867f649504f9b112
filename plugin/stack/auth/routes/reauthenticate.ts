import type { App, Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { findUserById, isConfirmed, isPhoneConfirmed, lockUser, updateUser, type User } from '../db/users.ts';
import { invalid, unprocessable } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { sendCode } from '../mails/send.ts';
import { sendPhoneCode } from '../sms.ts';
import { hashCode } from '../validate.ts';
import { isCodeValid } from './verify-token.ts';
import type { SignedIn } from '../guards.ts';

/** GET /reauthenticate: sends a code to the user's address, or else number. */
export async function reauthenticate(ctx: Context, { user }: SignedIn): Promise<Reply> {
  if (user.email === '' && user.phone === '') {
    throw invalid('Reauthentication requires the user to have an email or a phone number');
  }
  if (user.email !== '' && !isConfirmed(user)) {
    throw unprocessable('email_not_confirmed', 'Please verify your email first.');
  }
  if (user.email === '' && !isPhoneConfirmed(user)) {
    throw unprocessable('phone_not_confirmed', 'Please verify your phone first.');
  }
  const messageId = await transaction(ctx.pool, async (db) => {
    await writeAudit(db, user, 'user_reauthenticate_requested');
    if (user.email === '') return sendPhoneCode(ctx, db, user, user.phone, 'reauthentication');
    await sendCode(ctx, db, user, 'reauthentication');
    return '';
  });
  return json(messageId === '' ? {} : { message_id: messageId });
}

/** Uses up the code of a reauthentication. @throws AuthError 422 reauthentication_not_valid */
export async function useReauthentication(app: App, user: User, nonce: string): Promise<void> {
  await transaction(app.pool, async (db) => {
    await lockUser(db, user.id);
    const current = await findUserById(db, user.id);
    const recipient = user.email || user.phone;
    const seconds = user.email === '' ? app.settings.sms.otpExpiry : app.settings.email.otpExpiry;
    const isRight =
      current &&
      isCodeValid(
        hashCode(recipient, nonce),
        current.reauthentication_token,
        current.reauthentication_sent_at,
        seconds,
      );
    if (!isRight) throw unprocessable('reauthentication_not_valid', 'Nonce has expired or is invalid');
    await updateUser(db, user, { reauthentication_token: '' });
    await clearOneTimeTokens(db, user.id);
  });
}
