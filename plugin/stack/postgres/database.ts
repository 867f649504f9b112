import pg from 'pg';

/** Login roles of the stack's database; each service connects as its own, as Supabase's services do. */
type LoginRole =
  | 'postgres'
  | 'supabase_admin'
  | 'authenticator'
  | 'supabase_auth_admin'
  | 'supabase_storage_admin';

/** How to reach the stack's PostgreSQL. */
export interface Database {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  /** URL for people and tools: role `postgres` (which is no superuser, as on Supabase), password `postgres`. */
  readonly url: string;
  /** Settings of one connection as `role`, for `new pg.Client(...)`. */
  connection(role: LoginRole): pg.ClientConfig;
  /** A pool of connections as `role`; who makes it ends it. */
  createPool(role: LoginRole, options?: pg.PoolConfig): pg.Pool;
}

/** Password of role `postgres`, as on the Supabase CLI's stack. */
export const POSTGRES_PASSWORD = 'postgres';

/** `internalPassword` is that of every login role but `postgres`. */
export function createDatabase(host: string, port: number, internalPassword: string): Database {
  const name = 'postgres';
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
      // A connection that PostgreSQL ends (a restart, pg_terminate_backend) fails the query it is running; with
      // none running it is only an event, which must not end the process. The pool then opens another one.
      pool.on('error', () => {});
      pool.on('connect', (client) => client.on('error', () => {}));
      return pool;
    },
  };
}
