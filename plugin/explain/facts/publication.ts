import type { ReadSession } from './explain-database.ts';

/** Tables of the publication that Realtime reads, as `schema.table`. */
export async function publishedTables(session: ReadSession): Promise<string[]> {
  const rows = await session.rows<{ name: string }>(
    `select schemaname || '.' || tablename as name from pg_publication_tables where pubname = 'supabase_realtime' order by 1`,
  );
  return rows.map(({ name }) => name);
}
