import { insertRow, toRfc3339, updateRow, type Db } from './database.ts';
import type { JsonObject } from '../../../shared/json.ts';

export type FactorType = 'totp' | 'phone' | 'webauthn';

/** A row of auth.mfa_factors. */
export interface Factor {
  readonly id: string;
  readonly user_id: string;
  friendly_name: string;
  readonly factor_type: FactorType;
  status: 'verified' | 'unverified';
  readonly created_at: string;
  updated_at: string;
  readonly secret: string | null;
  phone: string;
  last_challenged_at: string | null;
  web_authn_credential: JsonObject | null;
  web_authn_aaguid: string | null;
  last_webauthn_challenge_data: JsonObject | null;
}

/** Rows arrive through to_json, whose times carry an offset. */
export function normalizeFactor(row: Factor): Factor {
  return {
    ...row,
    friendly_name: row.friendly_name ?? '',
    phone: row.phone ?? '',
    created_at: toRfc3339(row.created_at),
    updated_at: toRfc3339(row.updated_at),
    last_challenged_at: row.last_challenged_at && toRfc3339(row.last_challenged_at),
  };
}

export async function findFactorsOfUser(db: Db, userId: string): Promise<Factor[]> {
  const { rows } = await db.query<{ factor: Factor }>(
    'select to_json(f) factor from auth.mfa_factors f where user_id = $1 order by created_at, id',
    [userId],
  );
  return rows.map((row) => normalizeFactor(row.factor));
}

export async function insertFactor(db: Db, factor: Factor): Promise<void> {
  await insertRow(db, 'mfa_factors', factor);
}

type Changes = Partial<
  Pick<
    Factor,
    | 'friendly_name'
    | 'status'
    | 'phone'
    | 'last_challenged_at'
    | 'web_authn_credential'
    | 'web_authn_aaguid'
    | 'last_webauthn_challenge_data'
  >
>;

export async function updateFactor(db: Db, factor: Factor, changes: Changes): Promise<void> {
  await updateRow(db, 'mfa_factors', factor, changes);
}

export async function deleteFactor(db: Db, id: string): Promise<void> {
  await db.query('delete from auth.mfa_factors where id = $1', [id]);
}
