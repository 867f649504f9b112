import type { Context } from '../app.ts';
import { findClient, type OAuthClient } from '../db/oauth-clients.ts';
import { badRequest } from '../errors.ts';
import { isUuid } from '../uuid.ts';
import { isSecretRight } from './clients.ts';

// GoTrue v2.196 internal/api/oauthserver/client_auth.go, auth.go

/** The client that sends the request, undefined without a client id. @throws AuthError 400 invalid_credentials */
export async function authenticateClient(
  ctx: Context,
  params: URLSearchParams,
): Promise<OAuthClient | undefined> {
  const basic = /^Basic (.+)$/i.exec(ctx.req.headers.authorization ?? '')?.[1];
  const [user = '', password = ''] = basic ? splitBasic(basic) : [];
  const id = basic ? user : (params.get('client_id') ?? '');
  const secret = basic ? password : (params.get('client_secret') ?? '');
  if (id === '') return undefined;
  const refuse = (message: string): Error => badRequest('invalid_credentials', message);
  if (!isUuid(id)) throw refuse('Invalid client_id format');
  const client = await findClient(ctx.pool, id);
  if (!client) throw refuse('Invalid client credentials');
  const used = basic ? 'client_secret_basic' : secret === '' ? 'none' : 'client_secret_post';
  if (used !== client.token_endpoint_auth_method) {
    throw refuse(
      `invalid authentication method: client is registered for '${client.token_endpoint_auth_method}' but '${used}' was used`,
    );
  }
  if (client.client_type === 'confidential' && !isSecretRight(client, secret)) {
    throw refuse('invalid client credentials');
  }
  return client;
}

/** RFC 6749, 2.3.1: both parts are form-encoded before they are joined. */
function splitBasic(credentials: string): string[] {
  const text = Buffer.from(credentials, 'base64').toString();
  const colon = text.indexOf(':');
  const parts = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return parts.map((part) => new URLSearchParams(`x=${part}`).get('x') ?? '');
}
