import type { Context } from '../app.ts';
import { transaction } from '../db/database.ts';
import { OAuthError } from '../errors.ts';
import type { Reply } from '../http/reply.ts';
import { readParams } from '../http/request.ts';
import { linkProfile, signInWithProfile } from '../oauth/accounts.ts';
import { findIdTokenProvider, verifyIdToken } from '../oauth/id-token.ts';
import { issueSession } from '../tokens/issue.ts';
import { sessionReply } from './session-reply.ts';
import { signedIn } from '../guards.ts';

// GoTrue v2.196 internal/api/token_oidc.go

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

/** `grant_type=id_token`: a session, or a linked identity, for the token of an OpenID provider. */
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
  const provider = findIdTokenProvider(ctx, params);
  const profile = await verifyIdToken(provider, params);
  const from = { provider: provider.name, profile };
  const issued = await transaction(ctx.pool, async (db) => {
    const user = linkTo ? await linkProfile(ctx, db, linkTo, from) : await signInWithProfile(ctx, db, from);
    return issueSession(ctx, db, user, { method: 'oauth' });
  });
  return sessionReply(issued);
}
