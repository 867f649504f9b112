import { isObject, parseJson } from '../../../shared/json.ts';
import type { App, Context } from '../app.ts';
import { AuthError, badRequest, forbidden, invalid, notFound } from '../errors.ts';
import { parseParams, type Params } from '../http/go-json.ts';
import { json, noContent, type Reply } from '../http/reply.ts';
import { readText } from '../http/request.ts';
import {
  deleteClient,
  findClient,
  listClients,
  updateClient,
  type OAuthClient,
} from '../db/oauth-clients.ts';
import { checkClientDetails, checkGrantTypes, checkRedirectUris } from '../oauth-server/client-rules.ts';
import { regenerateSecret, registerClient, serializeClient } from '../oauth-server/clients.ts';
import { isUuid } from '../uuid.ts';

// GoTrue v2.196 internal/api/oauthserver/handlers.go

const CLIENT = {
  name: 'OAuthServerClientRegisterParams',
  fields: {
    redirect_uris: 'strings',
    client_type: 'string',
    token_endpoint_auth_method: 'string',
    grant_types: 'strings',
    client_name: 'string',
    client_uri: 'string',
    logo_uri: 'string',
  },
} as const;

/** POST /oauth/clients/register (RFC 7591), with `allow_dynamic_registration`. */
export async function registerDynamically(ctx: Context): Promise<Reply> {
  if (!ctx.settings.oauthServer.dynamicRegistration) {
    throw forbidden(
      'oauth_dynamic_client_registration_disabled',
      'Dynamic client registration is not enabled',
    );
  }
  return register(ctx, 'dynamic');
}

/** POST /admin/oauth/clients */
export function adminRegister(ctx: Context): Promise<Reply> {
  return register(ctx, 'manual');
}

/** GET /admin/oauth/clients */
export async function adminList(app: App): Promise<Reply> {
  const clients = await listClients(app.pool);
  return json(clients.length === 0 ? {} : { clients: clients.map((client) => serializeClient(client)) });
}

/** GET /admin/oauth/clients/:client_id */
export async function adminGet(ctx: Context): Promise<Reply> {
  return json(serializeClient(await loadClient(ctx)));
}

/** PUT /admin/oauth/clients/:client_id */
export async function adminUpdate(ctx: Context): Promise<Reply> {
  const client = await loadClient(ctx);
  const text = readText(ctx.req);
  const params = readClient(text);
  // Only the fields that the body names are changed: absent is not empty here.
  const body = parseJson(text);
  const given = new Set(Object.keys(isObject(body) ? body : {}));
  if (!Object.keys(CLIENT.fields).some((name) => given.has(name))) {
    throw invalid('No fields provided for update');
  }
  if (given.has('redirect_uris')) checkRedirectUris(params.redirect_uris ?? []);
  if (given.has('grant_types')) checkGrantTypes(params.grant_types ?? []);
  checkClientDetails(params);
  await updateClient(ctx.pool, client, {
    ...(params.redirect_uris ? { redirect_uris: params.redirect_uris.join(',') } : {}),
    ...(params.grant_types ? { grant_types: params.grant_types.join(',') } : {}),
    ...(given.has('client_name') ? { client_name: params.client_name || null } : {}),
    ...(given.has('client_uri') ? { client_uri: params.client_uri || null } : {}),
    ...(given.has('logo_uri') ? { logo_uri: params.logo_uri || null } : {}),
  });
  return json(serializeClient(client));
}

/** DELETE /admin/oauth/clients/:client_id */
export async function adminDelete(ctx: Context): Promise<Reply> {
  const client = await loadClient(ctx);
  await deleteClient(ctx.pool, client.id);
  return noContent;
}

/** POST /admin/oauth/clients/:client_id/regenerate_secret */
export async function adminRegenerateSecret(ctx: Context): Promise<Reply> {
  const client = await loadClient(ctx);
  if (client.client_type === 'public') throw invalid('Cannot regenerate secret for public client');
  const secret = await regenerateSecret(ctx.pool, client);
  return json(serializeClient(client, secret));
}

async function register(ctx: Context, type: 'dynamic' | 'manual'): Promise<Reply> {
  const { client, secret } = await registerClient(ctx.pool, readClient(readText(ctx.req)), type);
  return json(serializeClient(client, secret), 201);
}

async function loadClient(ctx: Context): Promise<OAuthClient> {
  const id = ctx.params.client_id ?? '';
  if (!isUuid(id)) throw invalid('invalid client_id format');
  const client = await findClient(ctx.pool, id);
  if (!client) throw notFound('oauth_client_not_found', 'OAuth client not found');
  return client;
}

function readClient(text: string): Params<typeof CLIENT.fields> {
  try {
    return parseParams(text, CLIENT);
  } catch (error) {
    throw error instanceof AuthError ? badRequest('bad_json', 'Invalid JSON body') : error;
  }
}
