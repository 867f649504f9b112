import type { App } from '../app.ts';
import { transaction } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { findUserById, lockUser, updateUser, type User } from '../db/users.ts';
import { unprocessable } from '../errors.ts';
import { hashCode, isCodeValid } from '../secrets/codes.ts';

// GoTrue v2.196 internal/api/reauthenticate.go

/** Uses up the code of a reauthentication. @throws AuthError 422 reauthentication_not_valid */
export async function useReauthentication(app: App, user: User, nonce: string): Promise<void> {
  const { email, sms } = app.settings;
  await transaction(app.pool, async (db) => {
    await lockUser(db, user.id);
    const current = await findUserById(db, user.id);
    const hash = hashCode(user.email || user.phone, nonce);
    const lifetime = user.email === '' ? sms.otpExpiry : email.otpExpiry;
    const isRight =
      current &&
      isCodeValid(hash, current.reauthentication_token, current.reauthentication_sent_at, lifetime);
    if (!isRight) throw unprocessable('reauthentication_not_valid', 'Nonce has expired or is invalid');
    await updateUser(db, user, { reauthentication_token: '' });
    await clearOneTimeTokens(db, user.id);
  }).catch(failAs('Error during reauthentication'));
}
