import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { timestamp, type Db } from '../db/database.ts';
import { failAs } from '../db/failures.ts';
import {
  findIdentitiesOfUser,
  findIdentity,
  identityData,
  insertIdentity,
  updateIdentityData,
} from '../db/identities.ts';
import { clearOneTimeTokens, findOneTimeTokenOwner } from '../db/one-time-tokens.ts';
import { isConfirmed, updateUser, type User } from '../db/users.ts';
import { notify } from '../mails/notify.ts';
import { confirmEmail, confirmPhone } from './confirm.ts';

// GoTrue v2.196 internal/api/verify.go

/**
 * Accepts one of the links for a change of address. With `double_confirm_changes` the first link is only counted; the
 * second one, from the other mail, makes the change.
 *
 * @returns whether the change was made
 */
export async function confirmEmailChange(
  ctx: Context,
  db: Db,
  user: User,
  tokenHash: string,
): Promise<boolean> {
  const { autoconfirm, doubleConfirmChanges } = ctx.settings.email;
  const needsTwo = !autoconfirm && doubleConfirmChanges && user.email !== '';
  if (needsTwo && user.email_change_confirm_status === 0) {
    const owner = await findOneTimeTokenOwner(db, tokenHash, ['email_change_token_current']);
    const isCurrent = tokenHash === user.email_change_token_current || owner !== undefined;
    const column = isCurrent ? 'email_change_token_current' : 'email_change_token_new';
    await clearOneTimeTokens(db, user.id, column);
    await updateUser(db, user, { email_change_confirm_status: 1, [column]: '' });
    return false;
  }
  await applyEmailChange(ctx, db, user);
  return true;
}

/** Makes `email_change` the user's address, in the email identity too. */
export async function applyEmailChange(ctx: Context, db: Db, user: User): Promise<void> {
  const oldEmail = user.email;
  const email = user.email_change;
  await writeAudit(db, user, 'user_modified');
  const identity = await findIdentity(db, user.id, 'email');
  const data = { email, email_verified: true };
  if (identity) await updateIdentityData(db, identity, data);
  else await insertIdentity(db, user.id, 'email', identityData(user.id, data));
  await updateUser(db, user, {
    email,
    email_change: '',
    email_change_token_current: '',
    email_change_token_new: '',
    email_change_confirm_status: 0,
    is_anonymous: false,
  }).catch(failAs('Error confirm email'));
  user.identities = await findIdentitiesOfUser(db, user.id);
  await clearOneTimeTokens(db, user.id);
  if (!isConfirmed(user)) await confirmEmail(db, user);
  if (oldEmail !== '' && oldEmail !== email) {
    await notify(ctx, user, 'email_changed', { data: { OldEmail: oldEmail }, to: oldEmail });
  }
}

/** Confirms the number with which the user signed up. */
export async function confirmPhoneSignup(db: Db, user: User): Promise<void> {
  await writeAudit(db, user, 'user_signedup', { traits: { provider: 'phone' } });
  await confirmPhone(db, user).catch(failAs('Error confirming user'));
  await endAnonymity(db, user);
}

/**
 * Makes `phone_change` the user's number.
 *
 * @param phone the number that was proved, for the phone identity
 */
export async function applyPhoneChange(ctx: Context, db: Db, user: User, phone: string): Promise<void> {
  const oldPhone = user.phone;
  await writeAudit(db, user, 'user_modified');
  const identity = await findIdentity(db, user.id, 'phone');
  const data = { phone, phone_verified: true };
  if (identity) await updateIdentityData(db, identity, data);
  else await insertIdentity(db, user.id, 'phone', identityData(user.id, data));
  await updateUser(db, user, {
    phone: user.phone_change,
    phone_change: '',
    phone_change_token: '',
    phone_confirmed_at: timestamp(),
  }).catch(failAs('Error confirming user'));
  await clearOneTimeTokens(db, user.id);
  if (oldPhone !== '' && oldPhone !== user.phone) {
    await notify(ctx, user, 'phone_changed', { data: { OldPhone: oldPhone, Phone: user.phone } });
  }
  if (!identity) await notify(ctx, user, 'identity_linked', { data: { Provider: 'phone' } });
  await endAnonymity(db, user);
}

async function endAnonymity(db: Db, user: User): Promise<void> {
  if (user.is_anonymous) await updateUser(db, user, { is_anonymous: false });
  user.identities = await findIdentitiesOfUser(db, user.id);
}
