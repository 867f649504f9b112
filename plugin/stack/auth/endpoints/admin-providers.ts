import type { App } from '../app.ts';
import { json, type Reply } from '../http/reply.ts';

// GoTrue v2.196 internal/api/ssoadmin.go, custom_oauth_admin.go

/** GET /admin/sso/providers: with SAML disabled, only what SQL put into the table. */
export async function adminListSso(app: App): Promise<Reply> {
  const { rows } = await app.pool.query<{ id: string; created_at: string | null; updated_at: string | null }>(
    'select id, resource_id, disabled, created_at, updated_at from auth.sso_providers order by created_at',
  );
  return json({ items: rows });
}

/** GET /admin/custom-providers */
export async function adminListCustomProviders(app: App): Promise<Reply> {
  const { rows } = await app.pool.query(
    `select to_jsonb(p) - 'client_secret' as provider from auth.custom_oauth_providers p order by created_at`,
  );
  return json({ providers: rows.map((row: { provider: unknown }) => row.provider) });
}
