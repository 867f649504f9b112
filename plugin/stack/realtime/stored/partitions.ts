// supabase/realtime v2.129.8 lib/realtime/tenants/janitor/maintenance_task.ex
import type pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';

const INTERVAL_MS = 4 * 60 * 60 * 1000;

/** Keeps daily partitions of `realtime.messages` from yesterday to three days ahead, and drops those over 72 hours old. */
export class MessagePartitions {
  readonly #pool: pg.Pool;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  /** Resolves when today's partitions exist, or could not be created, which is logged. */
  readonly ready: Promise<void>;

  constructor(pool: pg.Pool, logger: Logger) {
    this.#pool = pool;
    this.#logger = logger;
    this.ready = this.#maintain();
    this.#timer = setInterval(() => void this.#maintain(), INTERVAL_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #maintain(): Promise<void> {
    try {
      await this.#pool.query('select _realtime.maintain_partitions()');
    } catch (error) {
      this.#logger.warn(`Realtime could not maintain realtime.messages: ${errorMessage(error)}`);
    }
  }
}
