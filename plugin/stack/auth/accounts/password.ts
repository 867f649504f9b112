import type { Db } from '../db/database.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { deleteSessionsOfUser } from '../db/sessions.ts';
import { updateUser, type User } from '../db/users.ts';

// GoTrue v2.196 internal/models/user.go

/**
 * Stores the hash of a new password; null removes the password. Voids every code sent so far and ends the user's
 * sessions.
 *
 * @param keptSession id of the session that goes on
 */
export async function replacePassword(
  db: Db,
  user: User,
  hash: string | null,
  keptSession?: string,
): Promise<void> {
  await updateUser(db, user, {
    encrypted_password: hash,
    confirmation_token: '',
    confirmation_sent_at: null,
    recovery_token: '',
    recovery_sent_at: null,
    email_change_token_current: '',
    email_change_token_new: '',
    email_change_sent_at: null,
    phone_change_token: '',
    phone_change_sent_at: null,
    reauthentication_token: '',
    reauthentication_sent_at: null,
  });
  await clearOneTimeTokens(db, user.id);
  await deleteSessionsOfUser(db, user.id, keptSession);
}
