import { randomBytes } from 'node:crypto';
import { timestamp, type Db } from './database.ts';
import { NIL_UUID } from '../uuid.ts';

/** A row of auth.refresh_tokens. */
export interface RefreshToken {
  readonly id: number;
  readonly token: string;
  readonly user_id: string;
  readonly parent: string | null;
  readonly session_id: string | null;
  readonly revoked: boolean;
  readonly updated_at: string;
}

const COLUMNS = 'id, token, user_id, parent, session_id, coalesce(revoked, false) revoked, updated_at';

// RFC 4648 base32 in lower case: 12 characters hold 60 random bits, as in GoTrue's tokens.
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

function randomToken(): string {
  return Array.from(randomBytes(12), (byte) => ALPHABET[byte & 31]).join('');
}

export async function insertRefreshToken(
  db: Db,
  userId: string,
  sessionId: string,
  parent: string | null,
): Promise<string> {
  const token = randomToken();
  const now = timestamp();
  await db.query(
    `insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
     values ('${NIL_UUID}', $1, $2, false, $3, $3, $4, $5)`,
    [token, userId, now, parent, sessionId],
  );
  return token;
}

export async function findRefreshToken(db: Db, token: string): Promise<RefreshToken | undefined> {
  const { rows } = await db.query<RefreshToken>(
    `select ${COLUMNS} from auth.refresh_tokens where token = $1`,
    [token],
  );
  return rows[0];
}

/** The newest token of the session that is not revoked. */
export async function findActiveRefreshToken(db: Db, sessionId: string): Promise<RefreshToken | undefined> {
  const { rows } = await db.query<RefreshToken>(
    `select ${COLUMNS} from auth.refresh_tokens where session_id = $1 and revoked is false order by id desc limit 1`,
    [sessionId],
  );
  return rows[0];
}

/** Revokes this token. @returns its successor */
export async function rotateRefreshToken(db: Db, token: RefreshToken, sessionId: string): Promise<string> {
  await db.query('update auth.refresh_tokens set revoked = true, updated_at = $2 where id = $1', [
    token.id,
    timestamp(),
  ]);
  return insertRefreshToken(db, token.user_id, sessionId, token.token);
}

/** Revokes every token of the session, after one was used too late. */
export async function revokeTokenFamily(db: Db, sessionId: string): Promise<void> {
  await db.query(
    'update auth.refresh_tokens set revoked = true, updated_at = $2 where session_id = $1 and revoked = false',
    [sessionId, timestamp()],
  );
}
