import pg from 'pg';
import { InvalidChange } from './change.ts';
import type { StudioOptions } from './options.ts';

/** URL of the database as `postgres`. @throws InvalidChange where this backend gives none */
export function databaseUrl({ backend }: StudioOptions): string {
  const url = backend.databaseUrl?.();
  if (url === undefined) throw new InvalidChange('Studio has no database of this backend');
  return url;
}

/** Works on a connection of its own to the database, as `postgres`. @throws InvalidChange where there is no database */
export async function withConnection<T>(
  options: StudioOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl(options),
    application_name: 'vite-plugin-supabase',
  });
  // A connection that is lost between two statements tells so by an event only.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
