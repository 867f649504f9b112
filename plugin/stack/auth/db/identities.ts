import { randomUUID } from 'node:crypto';
import { timestamp, toRfc3339, type Db } from './database.ts';
import { mergeMetadata } from './metadata.ts';
import type { User } from './users.ts';
import { isObject, type JsonObject } from '../../../shared/json.ts';

/** A row of auth.identities: one way in which a user signs in. */
export interface Identity {
  readonly id: string;
  readonly provider_id: string;
  readonly user_id: string;
  identity_data: JsonObject;
  readonly provider: string;
  last_sign_in_at: string | null;
  readonly created_at: string;
  updated_at: string;
  email: string;
}

/** Rows arrive through to_json, whose times carry an offset. */
export function normalizeIdentity(row: Identity): Identity {
  return {
    ...row,
    identity_data: isObject(row.identity_data) ? row.identity_data : {},
    last_sign_in_at: row.last_sign_in_at && toRfc3339(row.last_sign_in_at),
    created_at: toRfc3339(row.created_at ?? '1970-01-01T00:00:00+00:00'),
    updated_at: toRfc3339(row.updated_at ?? '1970-01-01T00:00:00+00:00'),
    email: row.email ?? '',
  };
}

/** What the original keeps of an e-mail or phone identity. */
export function identityData(sub: string, data: JsonObject): JsonObject {
  return { sub, email_verified: false, phone_verified: false, ...data };
}

export async function insertIdentity(
  db: Db,
  user: User,
  provider: string,
  data: JsonObject,
): Promise<Identity> {
  const now = timestamp();
  const email = typeof data.email === 'string' ? data.email.toLowerCase() : undefined;
  const identity: Identity = {
    id: randomUUID(),
    provider_id: String(data.sub),
    user_id: user.id,
    identity_data: email === undefined ? data : { ...data, email },
    provider,
    last_sign_in_at: now,
    created_at: now,
    updated_at: now,
    email: email ?? '',
  };
  await db.query(
    `insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $6, $6)`,
    [identity.id, identity.provider_id, user.id, JSON.stringify(identity.identity_data), provider, now],
  );
  return identity;
}

export async function findIdentity(
  db: Db,
  providerId: string,
  provider: string,
): Promise<Identity | undefined> {
  const { rows } = await db.query<{ identity: Identity }>(
    'select to_json(i) identity from auth.identities i where provider_id = $1 and provider = $2',
    [providerId, provider],
  );
  return rows[0] && normalizeIdentity(rows[0].identity);
}

export async function findIdentitiesOfUser(db: Db, userId: string): Promise<Identity[]> {
  const { rows } = await db.query<{ identity: Identity }>(
    'select to_json(i) identity from auth.identities i where user_id = $1 order by created_at, id',
    [userId],
  );
  return rows.map((row) => normalizeIdentity(row.identity));
}

/** Merges into the identity's data; like the original this leaves `updated_at` alone. */
export async function updateIdentityData(db: Db, identity: Identity, changes: JsonObject): Promise<void> {
  identity.identity_data = mergeMetadata(identity.identity_data, changes);
  await db.query('update auth.identities set identity_data = $2 where id = $1', [
    identity.id,
    JSON.stringify(identity.identity_data),
  ]);
}

export async function deleteIdentity(db: Db, id: string): Promise<void> {
  await db.query('delete from auth.identities where id = $1', [id]);
}
