import type pg from 'pg';
import type { SupabaseConfig } from '../config/config.ts';

/** The extensions that Supabase's image of PostgreSQL 15 starts with and that of 17 does not, and their schemas. */
const OF_IMAGE_15 = { pgsodium: 'pgsodium', pg_graphql: 'graphql', pgjwt: 'extensions' };

/**
 * Whether the project was made for the image of PostgreSQL 15, or an older one: `[db] major_version`. Its migrations may
 * drop or use extensions that they never create.
 */
export function isForImage15(config: SupabaseConfig): boolean {
  return config.section('db').integer('major_version', 17) <= 15;
}

/**
 * Creates the extensions of the image that the project was made for (supabase/postgres migrations/schema-15.sql).
 *
 * @param client connected as postgres, who may alter and drop them
 */
export async function createExtensionsOfImage(client: pg.Client): Promise<void> {
  const statements = Object.entries(OF_IMAGE_15).map(
    ([name, schema]) => `create extension if not exists ${name} with schema ${schema}`,
  );
  await client.query(`begin; ${statements.join('; ')}; commit`);
}
