import type { Context } from '../app.ts';
import { transaction } from '../db/database.ts';
import { OAuthError } from '../errors.ts';
import { json, type Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { linkProfile, signInWithProfile } from '../oauth/accounts.ts';
import { findIdTokenProvider, verifyIdToken } from '../oauth/id-token.ts';
import { issueSession } from '../tokens/issue.ts';
import { signedIn } from '../guards.ts';

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
export async function idTokenGrant(ctx: Context): Promise<Reply> {
  const params = readParams(ctx.req, ID_TOKEN);
  const refuse = (message: string): Error => new OAuthError('invalid request', message);
  if (params.id_token === '') throw refuse('id_token required');
  if (params.provider === '' && (params.client_id === '' || params.issuer === '')) {
    throw refuse('provider or client_id and issuer required');
  }
  if (params.link_identity && !ctx.req.headers.authorization) {
    throw refuse('Linking requires a valid user access token in Authorization');
  }
  const linkTo = params.link_identity ? (await signedIn(ctx)).user : undefined;
  const provider = findIdTokenProvider(ctx, params.provider, params.issuer, params.id_token);
  const profile = await verifyIdToken(provider, params.id_token, params.nonce, params.access_token);
  const { response } = await transaction(ctx.pool, async (db) => {
    const user = linkTo
      ? await linkProfile(ctx, db, linkTo, provider.name, profile)
      : await signInWithProfile(ctx, db, provider.name, profile);
    return issueSession(ctx, db, user, 'oauth');
  });
  return json(response);
}
