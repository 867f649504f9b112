import type { App } from '../app.ts';
import { requireUser, userOf } from '../guards.ts';
import { transaction } from '../db/database.ts';
import { OAuthError } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams, type AuthRequest } from '../http/request.ts';
import { linkProfile, signInWithProfile } from '../oauth/accounts.ts';
import { findIdTokenProvider, verifyIdToken } from '../oauth/id-token.ts';
import { issueSession } from '../tokens/issue.ts';

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

/** `grant_type=id_token`: a token of an OpenID provider for a session, or to link its identity. */
export async function idTokenGrant(app: App, req: AuthRequest): Promise<Reply> {
  const params = readParams(req, ID_TOKEN);
  const refuse = (message: string): Error => new OAuthError('invalid request', message);
  if (params.id_token === '') throw refuse('id_token required');
  if (params.provider === '' && (params.client_id === '' || params.issuer === '')) {
    throw refuse('provider or client_id and issuer required');
  }
  const isLink = params.link_identity;
  if (isLink) {
    if (!req.headers.authorization) {
      throw refuse('Linking requires a valid user access token in Authorization');
    }
    await requireUser(app, req);
  }
  const provider = findIdTokenProvider(app, params.provider, params.issuer, params.id_token);
  const profile = await verifyIdToken(provider, params.id_token, params.nonce, params.access_token);
  const { response } = await transaction(app.pool, async (db) => {
    const user = isLink
      ? await linkProfile(app, req, db, userOf(req), provider.name, profile)
      : await signInWithProfile(app, req, db, provider.name, profile);
    return issueSession(app, req, db, user, 'oauth');
  });
  return json(response);
}
