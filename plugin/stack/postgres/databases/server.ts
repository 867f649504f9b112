import pg from 'pg';
import { createDatabase, type Database } from '../database.ts';

/** Outside of all databases that are renamed, cloned or dropped. */
const MAINTENANCE = 'template1';

/** A running PostgreSQL server: connections to each of its databases, and to none in particular. */
export class DatabaseServer {
  readonly #host: string;
  readonly #port: number;
  readonly #password: string;

  /** @param password of every login role except `postgres` */
  constructor(host: string, port: number, password: string) {
    this.#host = host;
    this.#port = port;
    this.#password = password;
  }

  /** A database by its name, whether it exists or not. */
  database(name?: string): Database {
    return createDatabase(this.#host, this.#port, this.#password, name);
  }

  /** Runs statements about whole databases, as the superuser. */
  administer<T>(use: (admin: pg.Client) => Promise<T>): Promise<T> {
    return withClient(this.database(MAINTENANCE).connection('supabase_admin'), use);
  }
}

/** Connects for as long as `use` runs. */
export async function withClient<T>(
  settings: pg.ClientConfig,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(settings);
  client.on('error', () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
