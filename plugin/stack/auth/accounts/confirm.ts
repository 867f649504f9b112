import { mergeMetadata, timestamp, type Db } from '../db/database.ts';
import { clearOneTimeTokens } from '../db/one-time-tokens.ts';
import { updateUser, type User } from '../db/users.ts';

// GoTrue v2.196 internal/models/user.go

/** Marks the address as the user's own; every code sent so far is void. */
export async function confirmEmail(db: Db, user: User): Promise<void> {
  await updateUser(db, user, {
    confirmation_token: '',
    email_confirmed_at: timestamp(),
    raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, { email_verified: true }),
  });
  await clearOneTimeTokens(db, user.id);
}

/** Marks the number as the user's own; every code sent so far is void. */
export async function confirmPhone(db: Db, user: User): Promise<void> {
  await updateUser(db, user, { confirmation_token: '', phone_confirmed_at: timestamp() });
  await clearOneTimeTokens(db, user.id);
}
