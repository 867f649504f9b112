import type { App } from '../app.ts';
import { badRequest, OAuthError } from '../http/errors.ts';
import type { Reply } from '../http/reply.ts';
import { readParams, type AuthRequest } from '../http/request.ts';

const ID_TOKEN = {
  name: 'IdTokenGrantParams',
  fields: {
    id_token: 'string',
    access_token: 'string',
    nonce: 'string',
    provider: 'string',
    client_id: 'string',
    issuer: 'string',
    link_identity: 'boolean',
  },
} as const;

const ISSUERS: Readonly<Record<string, string>> = {
  google: 'https://accounts.google.com',
  apple: 'https://appleid.apple.com',
  facebook: 'https://www.facebook.com',
  kakao: 'https://kauth.kakao.com',
};

/** `grant_type=id_token`: a token of an OpenID provider for a session. */
export async function idTokenGrant(_app: App, req: AuthRequest): Promise<Reply> {
  const params = readParams(req, ID_TOKEN);
  if (params.id_token === '') throw new OAuthError('invalid request', 'id_token required');
  if (params.provider === '' && (params.client_id === '' || params.issuer === '')) {
    throw new OAuthError('invalid request', 'provider or client_id and issuer required');
  }
  const issuer = ISSUERS[params.provider] ?? params.issuer;
  throw badRequest('provider_disabled', `Provider (issuer "${issuer}") is not enabled`);
}
