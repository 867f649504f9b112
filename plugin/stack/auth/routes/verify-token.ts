import { timingSafeEqual } from 'node:crypto';
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
import { PKCE_PREFIX } from '../validate.ts';

/** What a link or a typed code claims to prove. `type` is made exact: `email` becomes `signup` or `magiclink`. */
export interface Verification {
  type: string;
  /** The code as it was typed, or '' for a link. */
  readonly token: string;
  readonly tokenHash: string;
  readonly email: string;
  readonly phone: string;
}

const LINK_TOKENS: Readonly<Record<string, readonly OneTimeTokenType[]>> = {
  email: ['confirmation_token', 'recovery_token'],
  signup: ['confirmation_token'],
  invite: ['confirmation_token'],
  recovery: ['recovery_token'],
  magiclink: ['recovery_token'],
  email_change: ['email_change_token_current', 'email_change_token_new'],
};

/**
 * The user whose link this is. The row stays locked, so of several requests with one link only the first finds it.
 *
 * @throws AuthError 403 otp_expired
 */
export async function verifyLink(app: App, db: Db, verification: Verification): Promise<User> {
  const types = LINK_TOKENS[verification.type];
  if (!types) throw invalid('Invalid email verification type');
  const expired = (): Error => forbidden('otp_expired', 'Email link is invalid or has expired');
  const first = await findOneTimeTokenOwner(db, verification.tokenHash, types);
  if (!first) throw expired();
  await lockUser(db, first.userId);
  const owner = await findOneTimeTokenOwner(db, verification.tokenHash, types);
  const user = owner && (await findUserById(db, owner.userId));
  if (!user) throw expired();
  if (isBanned(user)) throw forbidden('user_banned', 'User is banned');
  if (verification.type === 'email') {
    verification.type = owner.type === 'recovery_token' ? 'magiclink' : 'signup';
  }
  if (isExpired(sentAt(user, verification.type), app.settings.email.otpExpiry)) throw expired();
  return user;
}

/**
 * The user to whom this code was sent, locked as for links.
 *
 * @throws AuthError 403 otp_expired
 */
export async function verifyCode(app: App, db: Db, verification: Verification, aud: string): Promise<User> {
  const expired = (): Error => forbidden('otp_expired', 'Token has expired or is invalid');
  const found = await findCodeOwner(app, db, verification, aud);
  if (!found) throw expired();
  await lockUser(db, found.id);
  const user = await findUserById(db, found.id);
  if (!user) throw expired();
  if (isBanned(user)) throw forbidden('user_banned', 'User is banned');
  if (!isCodeRight(app, user, verification)) throw expired();
  return user;
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

function isCodeRight(app: App, user: User, verification: Verification): boolean {
  const { tokenHash, type } = verification;
  const { otpExpiry } = app.settings.email;
  const matches = (expected: string, sent: string | null, seconds: number): boolean =>
    isCodeValid(tokenHash, expected, sent, seconds);
  switch (type) {
    case 'email':
      if (matches(user.confirmation_token, user.confirmation_sent_at, otpExpiry))
        verification.type = 'signup';
      else if (matches(user.recovery_token, user.recovery_sent_at, otpExpiry))
        verification.type = 'magiclink';
      else return false;
      return true;
    case 'signup':
    case 'invite':
      return matches(user.confirmation_token, user.confirmation_sent_at, otpExpiry);
    case 'recovery':
    case 'magiclink':
      return matches(user.recovery_token, user.recovery_sent_at, otpExpiry);
    case 'email_change':
      return (
        matches(user.email_change_token_current, user.email_change_sent_at, otpExpiry) ||
        matches(user.email_change_token_new, user.email_change_sent_at, otpExpiry)
      );
    case 'sms':
    case 'phone_change': {
      const { sms } = app.settings;
      if (sms.testOtp.get(verification.phone) === verification.token) return true;
      return type === 'sms'
        ? matches(user.confirmation_token, user.confirmation_sent_at, sms.otpExpiry)
        : matches(user.phone_change_token, user.phone_change_sent_at, sms.otpExpiry);
    }
    default:
      return false;
  }
}

/** Compares hashes in constant time; a PKCE flow's hash carries a prefix. */
export function isCodeValid(
  hash: string,
  expected: string,
  sentTime: string | null,
  seconds: number,
): boolean {
  if (expected === '' || isExpired(sentTime, seconds)) return false;
  const [a, b] = [Buffer.from(hash), Buffer.from(expected.replace(PKCE_PREFIX, ''))];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isExpired(sentTime: string | null, seconds: number): boolean {
  return sentTime === null || Date.now() > Date.parse(sentTime) + seconds * 1000;
}

function sentAt(user: User, type: string): string | null {
  if (type === 'email_change') return user.email_change_sent_at;
  return type === 'recovery' || type === 'magiclink' ? user.recovery_sent_at : user.confirmation_sent_at;
}
