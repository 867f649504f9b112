import pg from 'pg';
import { InvalidChange } from './change.ts';
import type { StudioOptions } from './options.ts';

/** Works on a connection of its own to the database, as `postgres`. @throws InvalidChange where there is no database */
export async function withConnection<T>(
  { backend }: StudioOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const connectionString = backend.databaseUrl?.();
  if (connectionString === undefined) throw new InvalidChange('Studio has no database of this backend');
  const client = new pg.Client({ connectionString, application_name: 'vite-plugin-supabase' });
  // A connection that is lost between two statements tells so by an event only.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
