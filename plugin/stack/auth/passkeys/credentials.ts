import { randomUUID } from 'node:crypto';
import { timestamp, type Db } from '../db/database.ts';
import type { JsonObject } from '../../../shared/json.ts';

/** A row of auth.webauthn_credentials: a passkey. */
export interface Passkey {
  readonly id: string;
  readonly user_id: string;
  readonly credential_id: Buffer;
  readonly public_key: Buffer;
  readonly sign_count: number;
  readonly transports: readonly string[];
  friendly_name: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
}

export async function findPasskeys(db: Db, userId: string): Promise<Passkey[]> {
  const { rows } = await db.query<Passkey>(
    'select * from auth.webauthn_credentials where user_id = $1 order by created_at',
    [userId],
  );
  return rows;
}

export async function findPasskey(db: Db, credentialId: Uint8Array): Promise<Passkey | undefined> {
  const { rows } = await db.query<Passkey>(
    'select * from auth.webauthn_credentials where credential_id = $1',
    [Buffer.from(credentialId)],
  );
  return rows[0];
}

/** A passkey as the list and management endpoints show it. */
export function serializePasskey(passkey: Passkey): JsonObject {
  return {
    id: passkey.id,
    ...(passkey.friendly_name === '' ? {} : { friendly_name: passkey.friendly_name }),
    created_at: passkey.created_at,
    ...(passkey.last_used_at ? { last_used_at: passkey.last_used_at } : {}),
  };
}

/** Keeps what an answer will be checked against; `userId` is null before anybody has signed in. */
export async function insertPasskeyChallenge(
  db: Db,
  userId: string | null,
  type: 'registration' | 'authentication',
  session: JsonObject,
  expiresAt: Date,
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into auth.webauthn_challenges (id, user_id, challenge_type, session_data, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [id, userId, type, JSON.stringify(session), timestamp(), expiresAt.toISOString()],
  );
  return id;
}

/** Takes the challenge away: it is good for one answer. */
export async function takePasskeyChallenge(
  db: Db,
  id: string,
  userId: string | null,
  type: 'registration' | 'authentication',
): Promise<{ session_data: JsonObject; expires_at: string } | undefined> {
  const { rows } = await db.query<{ session_data: JsonObject; expires_at: string }>(
    `delete from auth.webauthn_challenges
     where id = $1 and challenge_type = $2 and user_id is not distinct from $3::uuid
     returning session_data, expires_at`,
    [id, type, userId],
  );
  return rows[0];
}
