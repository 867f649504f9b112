import type { Context } from '../app.ts';
import type { Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import { identityData, insertIdentity } from '../db/identities.ts';
import { insertUser, type User } from '../db/users.ts';
import { hasHook, runHook } from '../hooks.ts';
import { serializeUser } from '../tokens/serialize-user.ts';

/** Lets the hook `before_user_created` refuse the user. @throws AuthError */
export async function beforeUserCreated(ctx: Context, user: User): Promise<void> {
  if (hasHook(ctx, 'before_user_created')) {
    await runHook(ctx, 'before_user_created', { user: serializeUser(user) });
  }
}

/**
 * Inserts the user.
 *
 * @throws AuthError 500 with the database's own message, which names a failing trigger
 */
export async function saveNewUser(db: Db, user: User): Promise<void> {
  await insertUser(db, user).catch(failAs('Database error saving new user'));
}

/** Inserts the user with an email identity. */
export async function saveNewEmailUser(db: Db, user: User): Promise<void> {
  await saveNewUser(db, user);
  const data = identityData(user.id, { email: user.email });
  user.identities = [await insertIdentity(db, user.id, 'email', data)];
}
