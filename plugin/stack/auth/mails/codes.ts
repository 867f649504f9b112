import { timestamp, type Db } from '../db/database.ts';
import { putOneTimeToken } from '../db/one-time-tokens.ts';
import { updateUser, type User, type UserColumns } from '../db/users.ts';
import { tooMany } from '../errors.ts';

/** What a code proves; a new code of a purpose voids the last one. */
export type CodePurpose = 'confirmation' | 'recovery' | 'reauthentication' | 'phone_change';

/** The columns of auth.users that hold the hash of each purpose's code and when it was sent. */
const COLUMNS = {
  confirmation: ['confirmation_token', 'confirmation_sent_at'],
  recovery: ['recovery_token', 'recovery_sent_at'],
  reauthentication: ['reauthentication_token', 'reauthentication_sent_at'],
  phone_change: ['phone_change_token', 'phone_change_sent_at'],
} as const;

/** When the last code of this purpose was sent (RFC 3339); null if none was. */
export function lastSent(user: User, purpose: CodePurpose): string | null {
  return user[COLUMNS[purpose][1]];
}

export interface SentCode {
  readonly purpose: CodePurpose;
  readonly hash: string;
  /** The address or number to which it was sent. */
  readonly recipient: string;
  /** Other columns to write along with it. */
  readonly changes?: Partial<UserColumns>;
}

/** Stores the hash of a code that was sent just now. */
export async function saveCode(db: Db, user: User, code: SentCode): Promise<void> {
  await saveHash(db, user, code);
  await saveToken(db, user, code);
}

/** The part of `saveCode` in the user's row. */
export async function saveHash(db: Db, user: User, { purpose, hash, changes }: SentCode): Promise<void> {
  const [tokenColumn, sentColumn] = COLUMNS[purpose];
  await updateUser(db, user, { [tokenColumn]: hash, [sentColumn]: timestamp(), ...changes });
}

/** The part of `saveCode` by which a link or code finds its user. */
export async function saveToken(db: Db, user: User, { purpose, hash, recipient }: SentCode): Promise<void> {
  await putOneTimeToken(db, user.id, { type: COLUMNS[purpose][0], hash, relatesTo: recipient });
}

/** Whether `seconds` have not passed since `sentAt`. */
export function isTooSoon(sentAt: string | null, seconds: number): sentAt is string {
  return sentAt !== null && Date.parse(sentAt) + seconds * 1000 > Date.now();
}

/** The refusal of a code that was asked for too soon. */
export function tooSoon(code: string, sentAt: string, seconds: number): Error {
  const left = Math.trunc((Date.parse(sentAt) + seconds * 1000 - Date.now()) / 1000);
  return tooMany(code, `For security purposes, you can only request this after ${left} seconds.`);
}
