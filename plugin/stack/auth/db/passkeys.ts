import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../../shared/json.ts';
import { timestamp, type Db } from './database.ts';

/** A row of auth.webauthn_credentials: a passkey. */
export interface Passkey {
  readonly id: string;
  readonly user_id: string;
  readonly credential_id: Buffer;
  readonly public_key: Buffer;
  readonly sign_count: number;
  readonly transports: readonly string[];
  readonly friendly_name: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
}

type NewPasskey = Pick<
  Passkey,
  'id' | 'user_id' | 'credential_id' | 'public_key' | 'sign_count' | 'transports'
> & {
  readonly attestation_type: string;
  readonly aaguid: string;
  readonly backup_eligible: boolean;
  readonly backed_up: boolean;
};

export async function insertPasskey(db: Db, passkey: NewPasskey): Promise<Passkey | undefined> {
  const { rows } = await db.query<Passkey>(
    `insert into auth.webauthn_credentials (id, user_id, credential_id, public_key, attestation_type, aaguid,
       sign_count, transports, backup_eligible, backed_up, friendly_name, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'Passkey', $11, $11) returning *`,
    [
      passkey.id,
      passkey.user_id,
      passkey.credential_id,
      passkey.public_key,
      passkey.attestation_type,
      passkey.aaguid,
      passkey.sign_count,
      JSON.stringify(passkey.transports),
      passkey.backup_eligible,
      passkey.backed_up,
      timestamp(),
    ],
  );
  return rows[0];
}

export async function findPasskeys(db: Db, userId: string): Promise<Passkey[]> {
  const { rows } = await db.query<Passkey>(
    'select * from auth.webauthn_credentials where user_id = $1 order by created_at',
    [userId],
  );
  return rows;
}

export async function findPasskey(db: Db, credentialId: Buffer): Promise<Passkey | undefined> {
  const { rows } = await db.query<Passkey>(
    'select * from auth.webauthn_credentials where credential_id = $1',
    [credentialId],
  );
  return rows[0];
}

export async function renamePasskeyRow(db: Db, passkey: Passkey, name: string): Promise<void> {
  await db.query('update auth.webauthn_credentials set friendly_name = $2, updated_at = $3 where id = $1', [
    passkey.id,
    name,
    timestamp(),
  ]);
}

export async function markPasskeyUsed(db: Db, id: string, counter: number): Promise<void> {
  await db.query(
    'update auth.webauthn_credentials set sign_count = $2, last_used_at = $3, updated_at = $3 where id = $1',
    [id, counter, timestamp()],
  );
}

export async function deletePasskeyRow(db: Db, id: string): Promise<void> {
  await db.query('delete from auth.webauthn_credentials where id = $1', [id]);
}

/** Whose challenge it is, and for what; `userId` is null before anybody has signed in. */
export interface ChallengeOwner {
  readonly userId: string | null;
  readonly type: 'registration' | 'authentication';
}

/** Stores what the answer will be checked against. @returns the challenge's id */
export async function insertPasskeyChallenge(
  db: Db,
  { userId, type }: ChallengeOwner,
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

/** Finds and deletes the challenge: it accepts one answer. */
export async function takePasskeyChallenge(
  db: Db,
  id: string,
  { userId, type }: ChallengeOwner,
): Promise<{ session_data: JsonObject; expires_at: string } | undefined> {
  const { rows } = await db.query<{ session_data: JsonObject; expires_at: string }>(
    `delete from auth.webauthn_challenges
     where id = $1 and challenge_type = $2 and user_id is not distinct from $3::uuid
     returning session_data, expires_at`,
    [id, type, userId],
  );
  return rows[0];
}
