import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { transaction } from '../db/database.ts';
import { isConfirmed, isPhoneConfirmed } from '../db/users.ts';
import { invalid, unprocessable } from '../errors.ts';
import type { SignedIn } from '../guards.ts';
import { json, type Reply } from '../http/reply.ts';
import { sendCode } from '../mails/code-mails.ts';
import { sendPhoneCode } from '../mails/sms.ts';

// GoTrue v2.196 internal/api/reauthenticate.go

/** GET /reauthenticate: sends a code to the user's address, or to the number of a user without one. */
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
    const purpose = 'reauthentication';
    if (user.email === '') return sendPhoneCode(ctx, db, user, { purpose, phone: user.phone });
    await sendCode(ctx, db, user, { type: purpose });
    return '';
  });
  return json(messageId === '' ? {} : { message_id: messageId });
}
