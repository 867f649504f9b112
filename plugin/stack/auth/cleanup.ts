import type { App } from './app.ts';

// GoTrue v2.196 internal/models/cleanup.go

const day = `interval '24 hours'`;
const drop = (table: string, condition: string, rows = 100): string =>
  `delete from auth.${table} where id in
     (select id from auth.${table} where ${condition} limit ${rows} for update skip locked)`;

/** Deletes expired rows little by little, as GoTrue does, so that they do not accumulate and no request waits for them. */
export class Cleanup {
  readonly #pool: App['pool'];
  readonly #statements: readonly string[];
  #next = 0;
  #isRunning = false;

  constructor(app: Pick<App, 'pool' | 'settings'>) {
    this.#pool = app.pool;
    this.#statements = cleanupStatements(app);
  }

  /** Starts the next statement in the background, unless one still runs; for a few rows after each successful write. */
  step(): void {
    if (this.#isRunning) return;
    const statement = this.#statements[this.#next++ % this.#statements.length] ?? '';
    const end = (): void => void (this.#isRunning = false);
    this.#isRunning = true;
    this.#pool.query(statement).then(end, end);
  }
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
