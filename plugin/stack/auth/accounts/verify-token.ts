import type { App } from '../app.ts';
import type { Db } from '../db/database.ts';
import { findOneTimeTokenOwner, type OneTimeTokenType } from '../db/one-time-tokens.ts';
import {
  findUserByEmail,
  findUserById,
  findUserByPhone,
  findUserByPhoneChange,
  isBanned,
  lockUser,
  type User,
} from '../db/users.ts';
import { forbidden, invalid } from '../errors.ts';
import { isCodeExpired, isCodeValid } from '../secrets/codes.ts';
import { PKCE_PREFIX } from '../secrets/pkce.ts';

// GoTrue v2.196 internal/api/verify.go

/** What the sender of a link or code wants to prove. */
export interface Verification {
  /** `type` of the request. */
  readonly type: string;
  /** The code as it was typed, or '' for a link. */
  readonly token: string;
  readonly tokenHash: string;
  readonly email: string;
  readonly phone: string;
}

/** The owner of a valid link or code. */
export interface Verified {
  readonly user: User;
  /** The exact type: `email` has become `signup` or `magiclink`. */
  readonly type: string;
}

const LINK_TOKENS: ReadonlyMap<string, readonly OneTimeTokenType[]> = new Map([
  ['email', ['confirmation_token', 'recovery_token']],
  ['signup', ['confirmation_token']],
  ['invite', ['confirmation_token']],
  ['recovery', ['recovery_token']],
  ['magiclink', ['recovery_token']],
  ['email_change', ['email_change_token_current', 'email_change_token_new']],
]);

/**
 * Finds the user whose link this is, and locks the row: of several requests with one link only the first succeeds.
 *
 * @throws AuthError 403 otp_expired
 */
export async function verifyLink(app: App, db: Db, { type, tokenHash }: Verification): Promise<Verified> {
  const types = LINK_TOKENS.get(type);
  if (!types) throw invalid('Invalid email verification type');
  const expired = (): Error => forbidden('otp_expired', 'Email link is invalid or has expired');
  const first = await findOneTimeTokenOwner(db, tokenHash, types);
  if (!first) throw expired();
  await lockUser(db, first.userId);
  const owner = await findOneTimeTokenOwner(db, tokenHash, types);
  const user = owner && (await findUserById(db, owner.userId));
  if (!user) throw expired();
  if (isBanned(user)) throw forbidden('user_banned', 'User is banned');
  const exact = type === 'email' ? (owner.type === 'recovery_token' ? 'magiclink' : 'signup') : type;
  if (isCodeExpired(sentAt(user, exact), app.settings.email.otpExpiry)) throw expired();
  return { user, type: exact };
}

/**
 * Finds the user to whom this code was sent, and locks the row as for links.
 *
 * @throws AuthError 403 otp_expired
 */
export async function verifyCode(
  app: App,
  db: Db,
  verification: Verification,
  aud: string,
): Promise<Verified> {
  const expired = (): Error => forbidden('otp_expired', 'Token has expired or is invalid');
  const found = await findCodeOwner(app, db, verification, aud);
  if (!found) throw expired();
  await lockUser(db, found.id);
  const user = await findUserById(db, found.id);
  if (!user) throw expired();
  if (isBanned(user)) throw forbidden('user_banned', 'User is banned');
  const type = matchCode(app, user, verification);
  if (type === undefined) throw expired();
  return { user, type };
}

function findCodeOwner(app: App, db: Db, verification: Verification, aud: string): Promise<User | undefined> {
  const { type, email, phone } = verification;
  if (type === 'phone_change') return findUserByPhoneChange(db, phone, aud);
  if (type === 'sms') return findUserByPhone(db, phone, aud);
  if (type === 'email_change') return findEmailChangeOwner(app, db, verification.tokenHash);
  return findUserByEmail(db, email, aud);
}

async function findEmailChangeOwner(app: App, db: Db, hash: string): Promise<User | undefined> {
  const types: OneTimeTokenType[] = ['email_change_token_new'];
  if (app.settings.email.doubleConfirmChanges) types.unshift('email_change_token_current');
  const owner =
    (await findOneTimeTokenOwner(db, hash, types)) ??
    (await findOneTimeTokenOwner(db, PKCE_PREFIX + hash, types));
  return owner && findUserById(db, owner.userId);
}

/** The exact type if the code is right; undefined otherwise. */
function matchCode({ settings }: App, user: User, verification: Verification): string | undefined {
  const { type, token, tokenHash, phone } = verification;
  const { email, sms } = settings;
  const isConfirmation = (lifetime: number): boolean =>
    isCodeValid(tokenHash, user.confirmation_token, user.confirmation_sent_at, lifetime);
  const isRecovery = (): boolean =>
    isCodeValid(tokenHash, user.recovery_token, user.recovery_sent_at, email.otpExpiry);
  const isEmailChange = (stored: string): boolean =>
    isCodeValid(tokenHash, stored, user.email_change_sent_at, email.otpExpiry);
  switch (type) {
    case 'email':
      if (isConfirmation(email.otpExpiry)) return 'signup';
      return isRecovery() ? 'magiclink' : undefined;
    case 'signup':
    case 'invite':
      return isConfirmation(email.otpExpiry) ? type : undefined;
    case 'recovery':
    case 'magiclink':
      return isRecovery() ? type : undefined;
    case 'email_change': {
      const isRight =
        isEmailChange(user.email_change_token_current) || isEmailChange(user.email_change_token_new);
      return isRight ? type : undefined;
    }
    case 'sms':
    case 'phone_change': {
      if (sms.testOtp.get(phone) === token) return type;
      const { phone_change_token: change, phone_change_sent_at: changeSentAt } = user;
      const isRight =
        type === 'sms'
          ? isConfirmation(sms.otpExpiry)
          : isCodeValid(tokenHash, change, changeSentAt, sms.otpExpiry);
      return isRight ? type : undefined;
    }
    default:
      return undefined;
  }
}

function sentAt(user: User, type: string): string | null {
  if (type === 'email_change') return user.email_change_sent_at;
  return type === 'recovery' || type === 'magiclink' ? user.recovery_sent_at : user.confirmation_sent_at;
}
