import pg from 'pg';
import type { SqlStatement } from '../../shared/observations.ts';

/** Settings of a transaction, such as role and claims. */
export type CallerSettings = readonly (readonly [name: string, value: string])[];

/** What a statement returned as the caller, or PostgreSQL's error. */
export type Attempt = { readonly rows: readonly Record<string, unknown>[] } | { readonly error: string };

// Explanations wait for nothing: a table that is locked or a slow policy is reported as such.
const TIMEOUT_MS = 3_000;

/**
 * Reads the database for explanations: as `postgres`, in transactions that are read-only and rolled back. Opens its
 * connection when it is first needed.
 */
export class ExplainDatabase {
  readonly #url: () => string | undefined;
  #pool: { readonly url: string; readonly pool: pg.Pool } | undefined;

  /** @param url of the database as `postgres`; another one after another process's stack was taken over */
  constructor(url: () => string | undefined) {
    this.#url = url;
  }

  async read<T>(work: (session: ReadSession) => Promise<T>): Promise<T> {
    const client = await this.#open().connect();
    let isBroken = false;
    try {
      await client.query(`begin read only; set local search_path = ''`);
      return await work(new ReadSession(client));
    } finally {
      await client.query('rollback').catch(() => (isBroken = true));
      client.release(isBroken);
    }
  }

  async close(): Promise<void> {
    const pool = this.#pool?.pool;
    this.#pool = undefined;
    await pool?.end();
  }

  /** @throws Error while there is no database */
  #open(): pg.Pool {
    const url = this.#url();
    if (url === undefined) throw new Error('there is no way to the database of this backend');
    if (this.#pool?.url !== url) {
      void this.#pool?.pool.end();
      this.#pool = { url, pool: createPool(url) };
    }
    return this.#pool.pool;
  }
}

function createPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: 2,
    idleTimeoutMillis: 10_000,
    connectionTimeoutMillis: TIMEOUT_MS,
    allowExitOnIdle: true,
    application_name: 'vite-plugin-supabase',
    options: `-c statement_timeout=${TIMEOUT_MS} -c lock_timeout=${TIMEOUT_MS}`,
  });
  // PostgreSQL may end while a connection is idle, which only an event tells.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** One read-only transaction. */
export class ReadSession {
  readonly #client: pg.PoolClient;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  /** Rows as `postgres`, with an empty search path. */
  async rows<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#client.query<Row>(text, [...values])).rows;
  }

  /** Runs one statement with these settings, which are undone afterwards. */
  async attempt(settings: CallerSettings, { text, params }: SqlStatement): Promise<Attempt> {
    await this.#client.query('savepoint attempt');
    try {
      for (const [name, value] of settings)
        await this.#client.query('select set_config($1, $2, true)', [name, value]);
      const { rows } = await this.#client.query<Record<string, unknown>>(text, [...params]);
      return { rows };
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      return { error: error.message };
    } finally {
      await this.#client.query('rollback to savepoint attempt');
    }
  }
}
