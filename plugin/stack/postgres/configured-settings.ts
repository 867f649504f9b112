import type pg from 'pg';
import type { SupabaseConfig } from '../config/config.ts';

/** `[db.settings]` (cli pkg/config/db.go), by the type of their values. */
const NUMBERS = [
  'max_connections',
  'max_locks_per_transaction',
  'max_parallel_maintenance_workers',
  'max_parallel_workers',
  'max_parallel_workers_per_gather',
  'max_replication_slots',
  'max_wal_senders',
  'max_worker_processes',
];
const TEXTS = [
  'effective_cache_size',
  'logical_decoding_work_mem',
  'maintenance_work_mem',
  'max_slot_wal_keep_size',
  'max_standby_archive_delay',
  'max_standby_streaming_delay',
  'max_wal_size',
  'session_replication_role',
  'shared_buffers',
  'statement_timeout',
  'track_activity_query_size',
  'wal_keep_size',
  'wal_sender_timeout',
  'work_mem',
];

/** PostgreSQL's settings in `[db.settings]`, which win over the stack's own. */
export function readServerSettings(config: SupabaseConfig): Record<string, string | number> {
  const section = config.section('db').section('settings');
  const numbers = NUMBERS.map((name) => [name, section.integer(name)] as const);
  const texts = TEXTS.map((name) => [name, section.string(name)] as const);
  const timestamps = section.has('track_commit_timestamp')
    ? section.boolean('track_commit_timestamp', false)
    : undefined;
  const settings = [
    ...numbers,
    ...texts,
    ['track_commit_timestamp', timestamps === undefined ? undefined : String(timestamps)] as const,
  ];
  return Object.fromEntries(
    settings.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/**
 * Creates or updates the secrets of `[db.vault]` (cli pkg/vault/batch.go).
 *
 * @param client connected as role `postgres`
 */
export async function applyVaultSecrets(client: pg.Client, config: SupabaseConfig): Promise<void> {
  for (const [name, secret] of config.section('db').section('vault').stringMap()) {
    const { rows } = await client.query<{ id: string }>('select id from vault.secrets where name = $1', [
      name,
    ]);
    if (rows[0]) await client.query('select vault.update_secret($1, $2)', [rows[0].id, secret]);
    else await client.query('select vault.create_secret($1, $2)', [secret, name]);
  }
}

/** What functions of projects read by `current_setting('app.settings.…')`. */
export interface AppSettings {
  readonly jwtSecret: string;
  /** Seconds that a user's token is valid. */
  readonly jwtExpiry: number;
}

/**
 * Sets `app.settings.*` of the database, as the CLI does (cli internal/db/start/templates/schema.sql).
 *
 * @param admin connected as the superuser
 */
export async function applyAppSettings(
  admin: pg.Client,
  { jwtSecret, jwtExpiry }: AppSettings,
): Promise<void> {
  const secret = admin.escapeLiteral(jwtSecret);
  const database = admin.escapeIdentifier(admin.database ?? 'postgres');
  await admin.query(
    `alter database ${database} set "app.settings.jwt_secret" to ${secret};
     alter database ${database} set "app.settings.jwt_exp" to '${jwtExpiry}'`,
  );
}

/** The server of the extension `http` (`extensions/http`), on loopback. */
export interface HttpServerAddress {
  readonly port: number;
  readonly secret: string;
}

/**
 * Tells the functions of the extension `http` where this process answers them.
 *
 * @param admin connected as the superuser
 */
export async function applyHttpServer(admin: pg.Client, { port, secret }: HttpServerAddress): Promise<void> {
  await admin.query(
    `delete from _stack.http_server;
     insert into _stack.http_server (port, secret) values (${port}, ${admin.escapeLiteral(secret)})`,
  );
}
