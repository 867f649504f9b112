import pg from 'pg';

/** Login roles of the stack's database; each service has its own, as on Supabase. */
type LoginRole =
  | 'postgres'
  | 'supabase_admin'
  | 'authenticator'
  | 'supabase_auth_admin'
  | 'supabase_storage_admin';

/** Connections to the stack's PostgreSQL. */
export interface Database {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  /** URL for people and tools: role `postgres` (not a superuser, as on Supabase), password `postgres`. */
  readonly url: string;
  /** Settings of one connection as `role`, for `new pg.Client(...)`. */
  connection(role: LoginRole): pg.ClientConfig;
  /** A pool of connections as `role`; the caller ends it. */
  createPool(role: LoginRole, options?: pg.PoolConfig): pg.Pool;
}

/** Password of role `postgres`, as on the Supabase CLI's stack. */
export const POSTGRES_PASSWORD = 'postgres';

/**
 * @param internalPassword password of every login role except `postgres`
 * @param name of the database
 */
export function createDatabase(
  host: string,
  port: number,
  internalPassword: string,
  name = 'postgres',
): Database {
  const connection = (role: LoginRole): pg.ClientConfig => ({
    host,
    port,
    database: name,
    user: role,
    password: role === 'postgres' ? POSTGRES_PASSWORD : internalPassword,
    application_name: 'vite-plugin-supabase',
  });
  return {
    host,
    port,
    name,
    url: `postgresql://postgres:${POSTGRES_PASSWORD}@${host}:${port}/${name}`,
    connection,
    createPool(role, options) {
      const pool = new pg.Pool({ ...connection(role), ...options });
      // When PostgreSQL ends a connection (a restart, pg_terminate_backend), its query fails. An idle connection only
      // emits an event, which must not end the process; the pool then opens another one.
      pool.on('error', () => {});
      pool.on('connect', (client) => client.on('error', () => {}));
      return pool;
    },
  };
}
