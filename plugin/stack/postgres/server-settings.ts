/** The address that PostgreSQL listens on: loopback only. */
export const HOST = '127.0.0.1';

/**
 * The settings that differ from PostgreSQL's own defaults.
 *
 * @param preload libraries to load when the server starts
 */
export function serverSettings(
  port: number,
  durable: boolean,
  preload: readonly string[],
): Record<string, string | number> {
  return {
    port,
    listen_addresses: HOST,
    unix_socket_directories: '',
    // Realtime reads the WAL. A slot without a reader must not fill the disk.
    wal_level: 'logical',
    // Each fork has two slots while somebody listens, and about five connections.
    max_replication_slots: 100,
    max_wal_senders: 100,
    max_slot_wal_keep_size: '1GB',
    max_wal_size: '512MB',
    max_connections: 400,
    shared_preload_libraries: preload.join(','),
    // The scheduler's own connections would need a password.
    ...(preload.includes('pg_cron') ? { 'cron.use_background_workers': 'on' } : {}),
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %q%u ',
    // What clients see of the settings of Supabase's image (supabase/postgres postgresql.conf.j2): the planner's choices,
    // and floats rounded to the digits that they hold for certain.
    effective_cache_size: '128MB',
    extra_float_digits: 0,
    // Commits still reach the operating system, so throw-away data survives a killed server, but not a power failure.
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
}
