import pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Database } from '../postgres/database.ts';
import type { ApiPlace } from '../stack-url.ts';
import { CronScheduler } from './cron-scheduler.ts';
import { NetWorker } from './net-worker.ts';

interface DatabaseJobsOptions {
  readonly database: Database;
  readonly api: ApiPlace;
  readonly logger: Logger;
}

/** Names that a project has defined must not be found by what runs as the superuser. */
const SAFE_PATH = '-c search_path=pg_catalog,pg_temp -c application_name=supabase-jobs';
const RETRY_MS = 1_000;

/**
 * The background workers of pg_net and pg_cron. They start when the database says that there is work, which it does by
 * NOTIFY at the commit that makes it; work that an earlier process has left is done at the start.
 */
export class DatabaseJobs {
  readonly #options: DatabaseJobsOptions;
  readonly #admin: pg.Pool;
  readonly #closing = new AbortController();
  #net: NetWorker | undefined;
  #cron: CronScheduler | undefined;
  readonly #listening: Promise<void>;
  #closed: Promise<void> | undefined;

  /** Returns at once; it connects in the background, and again when the connection is lost. */
  constructor(options: DatabaseJobsOptions) {
    this.#options = options;
    this.#admin = options.database.createPool('supabase_admin', {
      max: 4,
      idleTimeoutMillis: 10_000,
      options: SAFE_PATH,
    });
    this.#listening = this.#keepListening();
  }

  /** A second call waits for the same end. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#listening;
    await Promise.allSettled([this.#net?.close(), this.#cron?.close()]);
    await this.#admin.end();
  }

  async #keepListening(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // PostgreSQL may be restarting; its own supervision reports that.
      await this.#listen().catch(() => {});
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Listens until the connection ends, or `close` is called. */
  async #listen(): Promise<void> {
    const client = new pg.Client({
      ...this.#options.database.connection('supabase_admin'),
      options: SAFE_PATH,
      keepAlive: true,
    });
    const { signal } = this.#closing;
    let finish: () => void = () => {};
    const ended = new Promise<void>((resolve) => (finish = resolve));
    client.once('end', finish);
    signal.addEventListener('abort', finish);
    client.on('error', () => {});
    client.on('notification', ({ payload }) => this.#wake(payload));
    await client.connect();
    try {
      await client.query('listen _stack_jobs');
      await this.#wakeForEarlierWork(client);
      if (!signal.aborted) await ended;
    } finally {
      signal.removeEventListener('abort', finish);
      await client.end();
    }
  }

  /** What was there before this process listened. */
  async #wakeForEarlierWork(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ name: string; relation: string }>(
      `select name, relation from (values ('net', 'net.http_request_queue'), ('cron', 'cron.job')) as jobs (name, relation)
       where to_regclass(relation) is not null`,
    );
    for (const { name, relation } of rows) {
      if ((await client.query(`select from ${relation} limit 1`)).rowCount === 1) this.#wake(name);
    }
  }

  #wake(name: string | undefined): void {
    if (this.#closing.signal.aborted) return;
    const { database, api, logger } = this.#options;
    if (name === 'net') {
      this.#net ??= new NetWorker(this.#admin, api, logger);
      this.#net.wake();
    } else if (name === 'cron') {
      this.#cron ??= new CronScheduler(database, this.#admin, logger);
      this.#cron.wake().catch((error: unknown) => {
        if (!this.#closing.signal.aborted) logger.warn(`pg_cron: ${errorMessage(error)}`);
      });
    }
  }
}
