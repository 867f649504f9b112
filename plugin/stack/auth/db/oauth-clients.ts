import { insertRow, timestamp, updateRow, type Db } from './database.ts';
import { isUuid } from '../uuid.ts';

/** A row of auth.oauth_clients: an application that signs people in with this project's accounts. */
export interface OAuthClient {
  readonly id: string;
  client_secret_hash: string | null;
  readonly registration_type: 'dynamic' | 'manual';
  readonly client_type: 'public' | 'confidential';
  readonly token_endpoint_auth_method: string;
  /** Separated by commas; so are the grant types. */
  redirect_uris: string;
  grant_types: string;
  client_name: string | null;
  client_uri: string | null;
  logo_uri: string | null;
  readonly created_at: string;
  updated_at: string;
}

export async function insertClient(db: Db, client: OAuthClient): Promise<void> {
  await insertRow(db, 'oauth_clients', client);
}

export async function findClient(db: Db, id: string): Promise<OAuthClient | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await db.query<OAuthClient>(
    'select * from auth.oauth_clients where id = $1 and deleted_at is null',
    [id],
  );
  return rows[0];
}

export async function listClients(db: Db): Promise<OAuthClient[]> {
  const { rows } = await db.query<OAuthClient>(
    'select * from auth.oauth_clients where deleted_at is null order by created_at desc',
  );
  return rows;
}

type Changes = Partial<
  Pick<
    OAuthClient,
    'client_secret_hash' | 'redirect_uris' | 'grant_types' | 'client_name' | 'client_uri' | 'logo_uri'
  >
>;

export async function updateClient(db: Db, client: OAuthClient, changes: Changes): Promise<void> {
  await updateRow(db, 'oauth_clients', client, changes);
}

export async function deleteClient(db: Db, id: string): Promise<void> {
  await db.query('update auth.oauth_clients set deleted_at = $2, updated_at = $2 where id = $1', [
    id,
    timestamp(),
  ]);
}
