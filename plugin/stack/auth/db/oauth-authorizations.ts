import { randomBytes, randomUUID } from 'node:crypto';
import { insertRow, millis, timestamp, type Db } from './database.ts';

/** A row of auth.oauth_authorizations: an application's request for access, until its code is exchanged. */
export interface Authorization {
  readonly id: string;
  readonly authorization_id: string;
  readonly client_id: string;
  user_id: string | null;
  readonly redirect_uri: string;
  readonly scope: string;
  readonly state: string | null;
  readonly resource: string | null;
  readonly code_challenge: string;
  readonly code_challenge_method: 's256' | 'plain';
  status: 'pending' | 'approved' | 'denied' | 'expired';
  authorization_code: string | null;
  readonly expires_at: string;
  readonly nonce: string | null;
}

const LIFETIME_MS = 10 * 60_000;

type NewAuthorization = Omit<
  Authorization,
  'id' | 'authorization_id' | 'user_id' | 'status' | 'authorization_code' | 'expires_at'
>;

export async function insertAuthorization(db: Db, request: NewAuthorization): Promise<Authorization> {
  const authorization: Authorization = {
    ...request,
    id: randomUUID(),
    authorization_id: randomBytes(20).toString('hex'),
    user_id: null,
    status: 'pending',
    authorization_code: null,
    expires_at: new Date(Date.now() + LIFETIME_MS).toISOString(),
  };
  await insertRow(db, 'oauth_authorizations', authorization);
  return authorization;
}

/** The row, locked until the transaction ends: of several requests only one decides. */
export async function lockAuthorization(
  db: Db,
  by: { readonly id: string } | { readonly code: string },
): Promise<Authorization | undefined> {
  const [column, value] = 'id' in by ? ['authorization_id', by.id] : ['authorization_code', by.code];
  const { rows } = await db.query<Authorization>(
    `select * from auth.oauth_authorizations where ${column} = $1 for update`,
    [value],
  );
  return rows[0];
}

export async function updateAuthorization(
  db: Db,
  authorization: Authorization,
  changes: Partial<Pick<Authorization, 'user_id' | 'status'>>,
): Promise<void> {
  Object.assign(authorization, changes);
  if (changes.status === 'approved') authorization.authorization_code = randomUUID();
  await db.query(
    `update auth.oauth_authorizations set user_id = $2, status = $3, authorization_code = $4, approved_at = $5
     where id = $1`,
    [
      authorization.id,
      authorization.user_id,
      authorization.status,
      authorization.authorization_code,
      authorization.status === 'approved' ? timestamp() : null,
    ],
  );
}

export async function deleteAuthorization(db: Db, id: string): Promise<void> {
  await db.query('delete from auth.oauth_authorizations where id = $1', [id]);
}

export function isAuthorizationExpired(authorization: Authorization): boolean {
  return Date.now() > millis(authorization.expires_at);
}

/** The scopes that this user has granted to this client and not revoked. */
export async function findConsent(db: Db, userId: string, clientId: string): Promise<string[] | undefined> {
  const { rows } = await db.query<{ scopes: string }>(
    'select scopes from auth.oauth_consents where user_id = $1 and client_id = $2 and revoked_at is null',
    [userId, clientId],
  );
  return rows[0]?.scopes.split(' ');
}

export async function saveConsent(db: Db, userId: string, clientId: string, scope: string): Promise<void> {
  await db.query(
    `insert into auth.oauth_consents (id, user_id, client_id, scopes, granted_at) values ($1, $2, $3, $4, $5)
     on conflict (user_id, client_id) do update
       set scopes = excluded.scopes, granted_at = excluded.granted_at, revoked_at = null`,
    [randomUUID(), userId, clientId, scope, timestamp()],
  );
}
