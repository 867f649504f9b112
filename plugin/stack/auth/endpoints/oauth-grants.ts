import type { Context } from '../app.ts';
import { writeAudit } from '../db/audit.ts';
import { timestamp, transaction } from '../db/database.ts';
import { findConsent } from '../db/oauth-authorizations.ts';
import { invalid, notFound } from '../errors.ts';
import type { SignedIn } from '../guards.ts';
import { json, noContent, type Reply } from '../http/reply.ts';
import { isUuid } from '../uuid.ts';

// GoTrue v2.196 internal/api/oauthserver/handlers.go

/** GET /user/oauth/grants: the applications to which the user has granted access. */
export async function listGrants(ctx: Context, { user }: SignedIn): Promise<Reply> {
  const { rows } = await ctx.pool.query<{
    id: string;
    client_name: string | null;
    client_uri: string | null;
    logo_uri: string | null;
    scopes: string;
    granted_at: string;
  }>(
    `select c.id, c.client_name, c.client_uri, c.logo_uri, g.scopes, g.granted_at
     from auth.oauth_consents g join auth.oauth_clients c on c.id = g.client_id and c.deleted_at is null
     where g.user_id = $1 and g.revoked_at is null order by g.granted_at desc`,
    [user.id],
  );
  return json(
    rows.map((row) => ({
      client: {
        id: row.id,
        ...(row.client_name ? { name: row.client_name } : {}),
        ...(row.client_uri ? { uri: row.client_uri } : {}),
        ...(row.logo_uri ? { logo_uri: row.logo_uri } : {}),
      },
      scopes: row.scopes.split(' '),
      granted_at: row.granted_at,
    })),
  );
}

/** DELETE /user/oauth/grants?client_id=…: revokes the grant and ends the application's sessions. */
export async function revokeGrant(ctx: Context, { user }: SignedIn): Promise<Reply> {
  const clientId = ctx.req.query.get('client_id') ?? '';
  if (clientId === '') throw invalid('client_id query parameter is required');
  if (!isUuid(clientId)) throw invalid('invalid client_id format');
  await transaction(ctx.pool, async (db) => {
    if (!(await findConsent(db, user.id, clientId))) {
      throw notFound('oauth_consent_not_found', 'No active grant found for this client');
    }
    await db.query('update auth.oauth_consents set revoked_at = $3 where user_id = $1 and client_id = $2', [
      user.id,
      clientId,
      timestamp(),
    ]);
    await db.query('delete from auth.sessions where user_id = $1 and oauth_client_id = $2', [
      user.id,
      clientId,
    ]);
    await writeAudit(db, user, 'token_revoked', {
      traits: { oauth_client_id: clientId, action: 'revoke_oauth_grant' },
    });
  });
  return noContent;
}
