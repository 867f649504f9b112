import { randomUUID } from 'node:crypto';
import { timestamp, type Db } from './database.ts';
import { updateFactor, type Factor } from './factors.ts';
import type { JsonObject } from '../../../shared/json.ts';

/** A row of auth.mfa_challenges. */
export interface Challenge {
  readonly id: string;
  readonly factor_id: string;
  readonly created_at: string;
  readonly verified_at: string | null;
  readonly ip_address: string;
  readonly otp_code: string | null;
  readonly web_authn_session_data: JsonObject | null;
}

export async function insertChallenge(
  db: Db,
  factor: Factor,
  ip: string,
  secrets: { readonly otpCode?: string; readonly session?: JsonObject } = {},
): Promise<Challenge> {
  const challenge: Challenge = {
    id: randomUUID(),
    factor_id: factor.id,
    created_at: timestamp(),
    verified_at: null,
    ip_address: ip,
    otp_code: secrets.otpCode ?? null,
    web_authn_session_data: secrets.session ?? null,
  };
  await db.query(
    `insert into auth.mfa_challenges (id, factor_id, created_at, ip_address, otp_code, web_authn_session_data)
     values ($1, $2, $3, $4, $5, $6)`,
    [
      challenge.id,
      factor.id,
      challenge.created_at,
      ip,
      challenge.otp_code,
      secrets.session ? JSON.stringify(secrets.session) : null,
    ],
  );
  await updateFactor(db, factor, { last_challenged_at: timestamp() });
  return challenge;
}

/** The factor's challenge, locked until the transaction ends: it accepts one answer. */
export async function lockChallenge(db: Db, factor: Factor, id: string): Promise<Challenge | undefined> {
  const { rows } = await db.query<Challenge>(
    'select * from auth.mfa_challenges where id = $1 and factor_id = $2 for update',
    [id, factor.id],
  );
  return rows[0];
}

export async function markVerified(db: Db, challenge: Challenge): Promise<void> {
  await db.query('update auth.mfa_challenges set verified_at = $2 where id = $1', [
    challenge.id,
    timestamp(),
  ]);
}

export async function deleteChallenge(db: Db, id: string): Promise<void> {
  await db.query('delete from auth.mfa_challenges where id = $1', [id]);
}
