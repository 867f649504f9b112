import type pg from 'pg';
import type { Logger } from '../../shared/logger.ts';

/** Extensions of `extensions/without-function`. */
const WITHOUT_FUNCTION = [
  'hypopg',
  'index_advisor',
  'pg_graphql',
  'pg_repack',
  'pg_stat_monitor',
  'pg_tle',
  'pgaudit',
  'pgsodium',
  'plpgsql_check',
];

/** Names the extensions of a project that exist but do nothing, in one line. */
export async function warnOfExtensionsWithoutFunction(client: pg.Client, logger: Logger): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select extname as name from pg_catalog.pg_extension where extname = any($1) order by extname',
    [WITHOUT_FUNCTION],
  );
  if (rows.length === 0) return;
  const names = rows.map((row) => row.name).join(', ');
  logger.warn(`Extensions accepted without function: ${names} (docs/compatibility.md)`);
}
