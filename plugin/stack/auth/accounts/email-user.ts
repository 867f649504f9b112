import type { JsonObject } from '../../../shared/json.ts';
import type { Context } from '../app.ts';
import { isConfirmed, newUser, type User } from '../db/users.ts';
import { unprocessable } from '../errors.ts';
import { audienceOf, DEFAULT_ROLE } from '../roles.ts';
import { hashPassword } from '../secrets/password-hash.ts';
import { beforeUserCreated } from './new-user.ts';

interface EmailUser {
  readonly email: string;
  /** Absent for an invited user, who chooses one later. */
  readonly password?: string;
  readonly data: JsonObject | undefined;
}

/** A user whom an administrator creates by address; not in the database yet. */
export async function prepareEmailUser(ctx: Context, { email, password, data }: EmailUser): Promise<User> {
  const user = newUser({
    aud: audienceOf(ctx.req),
    role: DEFAULT_ROLE,
    email,
    phone: '',
    encrypted_password: password === undefined ? '' : await hashPassword(password),
    raw_app_meta_data: { provider: 'email', providers: ['email'] },
    raw_user_meta_data: data ?? {},
  });
  await beforeUserCreated(ctx, user);
  return user;
}

/** @throws AuthError 422 email_exists for a user with a confirmed address */
export function refuseConfirmed(user: User): void {
  if (isConfirmed(user)) throw emailExists();
}

export function emailExists(): Error {
  return unprocessable('email_exists', 'A user with this email address has already been registered');
}
