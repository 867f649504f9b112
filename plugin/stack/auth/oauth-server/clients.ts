import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { JsonObject } from '../../../shared/json.ts';
import { timestamp, type Db } from '../db/database.ts';
import { insertClient, updateClient, type OAuthClient } from '../db/oauth-clients.ts';
import { isSameSecret } from '../secrets/compare.ts';
import {
  checkClientDetails,
  checkGrantTypes,
  checkRedirectUris,
  chooseClientType,
  type ClientRegistration,
} from './client-rules.ts';

// GoTrue v2.196 internal/api/oauthserver/service.go, handlers.go

/**
 * Registers a client.
 *
 * @returns the client, and its secret in clear, of which only the hash is stored ('' for a public client)
 * @throws AuthError 400 validation_failed
 */
export async function registerClient(
  db: Db,
  params: ClientRegistration,
  registration: 'dynamic' | 'manual',
): Promise<{ client: OAuthClient; secret: string }> {
  checkRedirectUris(params.redirect_uris ?? []);
  if (params.grant_types && params.grant_types.length > 0) checkGrantTypes(params.grant_types);
  checkClientDetails(params);
  const type = chooseClientType(params);
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
  await insertClient(db, client);
  return { client, secret };
}

/** Replaces the client's secret. @returns the new one in clear */
export async function regenerateSecret(db: Db, client: OAuthClient): Promise<string> {
  const secret = randomBytes(32).toString('base64url');
  await updateClient(db, client, { client_secret_hash: hashSecret(secret) });
  return secret;
}

export function isSecretRight(client: OAuthClient, secret: string): boolean {
  return isSameSecret(hashSecret(secret), client.client_secret_hash ?? '');
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

function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
