import { randomUUID } from 'node:crypto';
import { timestamp, type Db } from './database.ts';

export type OneTimeTokenType =
  | 'confirmation_token'
  | 'reauthentication_token'
  | 'recovery_token'
  | 'email_change_token_new'
  | 'email_change_token_current'
  | 'phone_change_token';

interface OneTimeToken {
  readonly type: OneTimeTokenType;
  readonly hash: string;
  /** The address or number to which the token was sent. */
  readonly relatesTo: string;
}

/** Stores the hash of a token, in place of the user's last one of this type. */
export async function putOneTimeToken(db: Db, userId: string, token: OneTimeToken): Promise<void> {
  const { type, hash, relatesTo } = token;
  const now = timestamp();
  await db.query(
    `insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6::timestamptz at time zone 'utc', $6::timestamptz at time zone 'utc')
     on conflict (user_id, token_type) do update
       set id = excluded.id, token_hash = excluded.token_hash, relates_to = excluded.relates_to,
           created_at = excluded.created_at, updated_at = excluded.updated_at`,
    [randomUUID(), userId, type, hash, relatesTo.toLowerCase(), now],
  );
}

/** The user whose token of one of these types has this hash. */
export async function findOneTimeTokenOwner(
  db: Db,
  hash: string,
  types: readonly OneTimeTokenType[],
): Promise<{ userId: string; type: OneTimeTokenType } | undefined> {
  const { rows } = await db.query<{ user_id: string; token_type: OneTimeTokenType }>(
    `select user_id, token_type from auth.one_time_tokens
     where token_hash = $1 and token_type = any ($2::auth.one_time_token_type[]) limit 1`,
    [hash, types],
  );
  return rows[0] && { userId: rows[0].user_id, type: rows[0].token_type };
}

export async function clearOneTimeTokens(db: Db, userId: string, type?: OneTimeTokenType): Promise<void> {
  await db.query(
    `delete from auth.one_time_tokens where user_id = $1 and ($2::auth.one_time_token_type is null or token_type = $2)`,
    [userId, type ?? null],
  );
}
