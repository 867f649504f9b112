import type { App } from './app.ts';

// GoTrue v2.196 internal/models/cleanup.go

const day = `interval '24 hours'`;
const drop = (table: string, condition: string, rows = 100): string =>
  `delete from auth.${table} where id in
     (select id from auth.${table} where ${condition} limit ${rows} for update skip locked)`;

/**
 * Returns a function that deletes a few expired rows: call it after each successful write. As in GoTrue, each call runs
 * one statement in the background, so that expired rows do not accumulate and no request waits for them.
 */
export function createCleanup(app: Pick<App, 'pool' | 'settings'>): () => void {
  const statements = cleanupStatements(app);
  let next = 0;
  let isRunning = false;
  return () => {
    if (isRunning) return;
    const statement = statements[next++ % statements.length] ?? '';
    isRunning = true;
    app.pool.query(statement).then(
      () => (isRunning = false),
      () => (isRunning = false),
    );
  };
}

function cleanupStatements({ settings }: Pick<App, 'settings'>): string[] {
  const { timebox, inactivityTimeout } = settings.sessions;
  const ended = (column: string, seconds: number): string =>
    `${column} + interval '${seconds} seconds' < now() - ${day}`;
  return [
    drop('refresh_tokens', `revoked is true and updated_at < now() - ${day}`),
    drop('sessions', `not_after < now() - interval '72 hours'`, 10),
    drop('flow_state', `created_at < now() - ${day}`),
    drop('saml_relay_states', `created_at < now() - ${day}`),
    drop('oauth_client_states', `created_at < now() - ${day}`),
    drop('oauth_authorizations', `expires_at < now() - ${day}`),
    drop('mfa_challenges', `created_at < now() - ${day}`),
    drop('mfa_factors', `created_at < now() - ${day} and status = 'unverified'`),
    drop('webauthn_challenges', 'expires_at < now()'),
    drop('one_time_tokens', `created_at < now() at time zone 'utc' - ${day}`),
    ...(settings.anonymousSignIns
      ? [drop('users', `created_at < now() - interval '30 days' and is_anonymous is true`)]
      : []),
    ...(timebox > 0 ? [drop('sessions', ended('created_at', timebox))] : []),
    ...(inactivityTimeout > 0
      ? [drop('sessions', ended(`coalesce(refreshed_at at time zone 'utc', created_at)`, inactivityTimeout))]
      : []),
  ];
}
