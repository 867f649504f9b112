import { randomUUID } from 'node:crypto';
import { mergeMetadata, timestamp, toRfc3339, type Db } from './database.ts';
import { failAs } from './failures.ts';
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

/** The data that GoTrue stores for an email or phone identity. */
export function identityData(sub: string, data: JsonObject): JsonObject {
  return { sub, email_verified: false, phone_verified: false, ...data };
}

export async function insertIdentity(
  db: Db,
  userId: string,
  provider: string,
  data: JsonObject,
): Promise<Identity> {
  const now = timestamp();
  const email = typeof data.email === 'string' ? data.email.toLowerCase() : undefined;
  const identity: Identity = {
    id: randomUUID(),
    provider_id: String(data.sub),
    user_id: userId,
    identity_data: email === undefined ? data : { ...data, email },
    provider,
    last_sign_in_at: now,
    created_at: now,
    updated_at: now,
    email: email ?? '',
  };
  await db
    .query(
      `insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $6, $6)`,
      [identity.id, identity.provider_id, userId, JSON.stringify(identity.identity_data), provider, now],
    )
    .catch(failAs('Error creating identity'));
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

/** Merges into the identity's data. GoTrue leaves `updated_at` unchanged here. */
export async function updateIdentityData(db: Db, identity: Identity, changes: JsonObject): Promise<void> {
  identity.identity_data = mergeMetadata(identity.identity_data, changes);
  await db.query('update auth.identities set identity_data = $2 where id = $1', [
    identity.id,
    JSON.stringify(identity.identity_data),
  ]);
}

/** Replaces the identity's data at a sign-in with it. */
export async function renewIdentity(db: Db, identity: Identity, data: JsonObject): Promise<void> {
  const now = timestamp();
  identity.identity_data = data;
  await db.query(
    'update auth.identities set identity_data = $2, last_sign_in_at = $3, updated_at = $3 where id = $1',
    [identity.id, JSON.stringify(data), now],
  );
}

export async function deleteIdentity(db: Db, id: string): Promise<void> {
  await db.query('delete from auth.identities where id = $1', [id]);
}
