import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { timestamp, type Db } from '../db/database.ts';
import { invalid } from '../errors.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { isUuid } from '../uuid.ts';

/** A row of auth.oauth_clients: an application that signs people in with this project's accounts. */
export interface OAuthClient {
  readonly id: string;
  client_secret_hash: string | null;
  readonly registration_type: 'dynamic' | 'manual';
  readonly client_type: 'public' | 'confidential';
  readonly token_endpoint_auth_method: string;
  /** Comma-separated, as in the original. */
  redirect_uris: string;
  grant_types: string;
  client_name: string | null;
  client_uri: string | null;
  logo_uri: string | null;
  readonly created_at: string;
  updated_at: string;
}

/** What a registration says; everything but `redirect_uris` has a default. */
export interface ClientRegistration {
  readonly redirect_uris: readonly string[] | undefined;
  readonly client_type: string;
  readonly token_endpoint_auth_method: string;
  readonly grant_types: readonly string[] | undefined;
  readonly client_name: string;
  readonly client_uri: string;
  readonly logo_uri: string;
}

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post'];

/** @returns the client, and its secret in clear, which is shown this once ('' for a public client) */
export async function registerClient(
  db: Db,
  params: ClientRegistration,
  registration: 'dynamic' | 'manual',
): Promise<{ client: OAuthClient; secret: string }> {
  checkRedirectUris(params.redirect_uris ?? []);
  if (params.grant_types && params.grant_types.length > 0) checkGrantTypes(params.grant_types);
  checkTexts(params);
  const type = clientType(params);
  const method = params.token_endpoint_auth_method || (type === 'public' ? 'none' : 'client_secret_basic');
  const secret = type === 'confidential' ? randomBytes(32).toString('base64url') : '';
  const now = timestamp();
  const grants = params.grant_types?.length ? params.grant_types : ['authorization_code', 'refresh_token'];
  const client: OAuthClient = {
    id: randomUUID(),
    client_secret_hash: secret === '' ? null : hashSecret(secret),
    registration_type: registration,
    client_type: type,
    token_endpoint_auth_method: method,
    redirect_uris: (params.redirect_uris ?? []).join(','),
    grant_types: grants.join(','),
    client_name: params.client_name || null,
    client_uri: params.client_uri || null,
    logo_uri: params.logo_uri || null,
    created_at: now,
    updated_at: now,
  };
  const columns = Object.keys(client);
  await db.query(
    `insert into auth.oauth_clients (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(client),
  );
  return { client, secret };
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
  Pick<OAuthClient, 'redirect_uris' | 'grant_types' | 'client_name' | 'client_uri' | 'logo_uri'>
>;

export async function updateClient(db: Db, client: OAuthClient, changes: Changes): Promise<void> {
  Object.assign(client, changes, { updated_at: timestamp() });
  await db.query(
    `update auth.oauth_clients set redirect_uris = $2, grant_types = $3, client_name = $4, client_uri = $5,
       logo_uri = $6, updated_at = $7 where id = $1`,
    [
      client.id,
      client.redirect_uris,
      client.grant_types,
      client.client_name,
      client.client_uri,
      client.logo_uri,
      client.updated_at,
    ],
  );
}

export async function deleteClient(db: Db, id: string): Promise<void> {
  await db.query('update auth.oauth_clients set deleted_at = $2, updated_at = $2 where id = $1', [
    id,
    timestamp(),
  ]);
}

/** A new secret in clear; the old one is void. */
export async function regenerateSecret(db: Db, client: OAuthClient): Promise<string> {
  const secret = randomBytes(32).toString('base64url');
  client.client_secret_hash = hashSecret(secret);
  client.updated_at = timestamp();
  await db.query('update auth.oauth_clients set client_secret_hash = $2, updated_at = $3 where id = $1', [
    client.id,
    client.client_secret_hash,
    client.updated_at,
  ]);
  return secret;
}

export function isSecretRight(client: OAuthClient, secret: string): boolean {
  const [given, expected] = [Buffer.from(hashSecret(secret)), Buffer.from(client.client_secret_hash ?? '')];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** A client as JSON (RFC 7591), with the secret if it is to be shown. */
export function serializeClient(client: OAuthClient, secret = ''): JsonObject {
  const optional = (name: string, value: string | null): JsonObject => (value ? { [name]: value } : {});
  return {
    client_id: client.id,
    ...optional('client_secret', secret),
    client_type: client.client_type,
    redirect_uris: client.redirect_uris.split(',').filter(Boolean),
    token_endpoint_auth_method: client.token_endpoint_auth_method,
    grant_types: client.grant_types.split(',').filter(Boolean),
    response_types: ['code'],
    ...optional('client_name', client.client_name),
    ...optional('client_uri', client.client_uri),
    ...optional('logo_uri', client.logo_uri),
    registration_type: client.registration_type,
    created_at: client.created_at,
    updated_at: client.updated_at,
  };
}

export function checkRedirectUris(uris: readonly string[]): void {
  if (uris.length === 0) throw invalid('redirect_uris is required');
  if (uris.length > 10) throw invalid('redirect_uris cannot exceed 10 items');
  for (const uri of uris) {
    const problem = redirectUriProblem(uri);
    if (problem) throw invalid(`invalid redirect_uri '${uri}': ${problem}`);
  }
}

export function checkGrantTypes(grants: readonly string[]): void {
  if (grants.length === 0) throw invalid('grant_types cannot be empty');
  if (grants.some((grant) => grant !== 'authorization_code' && grant !== 'refresh_token')) {
    throw invalid("grant_types must only contain 'authorization_code' and/or 'refresh_token'");
  }
}

export function checkTexts(params: {
  readonly client_name: string;
  readonly client_uri: string;
  readonly logo_uri: string;
}): void {
  if (params.client_name.length > 1024) throw invalid('client_name cannot exceed 1024 characters');
  for (const name of ['client_uri', 'logo_uri'] as const) {
    if (params[name].length > 2048) throw invalid(`${name} cannot exceed 2048 characters`);
    if (params[name] !== '' && !URL.canParse(params[name])) throw invalid(`${name} must be a valid URL`);
  }
}

const DANGEROUS = new Set(['javascript:', 'data:', 'file:', 'vbscript:', 'about:', 'blob:']);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function redirectUriProblem(uri: string): string | undefined {
  if (uri === '') return 'redirect URI cannot be empty';
  // Commas separate the addresses in the table.
  if (!URL.canParse(uri) || uri.includes(',')) return 'invalid URL format';
  const url = new URL(uri);
  if (DANGEROUS.has(url.protocol)) {
    return `scheme '${url.protocol.slice(0, -1)}' is not allowed for security reasons`;
  }
  if (url.host === '') return 'must have scheme and host';
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname))
    return 'HTTP scheme only allowed for localhost';
  return url.hash === '' ? undefined : 'fragment not allowed in redirect URI';
}

function clientType(params: ClientRegistration): 'public' | 'confidential' {
  const { client_type: type, token_endpoint_auth_method: method } = params;
  if (type !== '' && type !== 'public' && type !== 'confidential') {
    throw invalid("client_type must be 'public' or 'confidential'");
  }
  if (method !== '' && !AUTH_METHODS.includes(method)) {
    throw invalid(`token_endpoint_auth_method must be one of: [${AUTH_METHODS.join(' ')}]`);
  }
  const inferred = method === 'none' ? 'public' : 'confidential';
  if (type !== '' && method !== '' && type !== inferred) {
    throw invalid(
      `client_type '${type}' is inconsistent with token_endpoint_auth_method '${method}' (expected client_type '${inferred}')`,
    );
  }
  return type === '' ? inferred : type;
}

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
