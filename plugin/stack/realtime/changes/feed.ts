import type pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Database } from '../../postgres/database.ts';
import type { Channel } from '../connection/channel.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import { ChangeLog } from '../wal/change-log.ts';
import { deliverChanges } from './deliver.ts';
import { SubscriptionError, Subscriptions } from './subscriptions.ts';

export interface ChangeFeedOptions {
  readonly database: Database;
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly maxRecordBytes: number;
}

const PUBLICATION = 'supabase_realtime';
export const CHANGES_SLOT = 'supabase_realtime_replication_slot';
const START_TIMEOUT_MS = 5_000;
const RETRY_MS = 5_000;
// PostgreSQL makes a slot only when all transactions have ended that were open before.
const SLOW_START = 'the replication slot is not ready (an open transaction may hold it up)';

/** `postgres_changes`: tells channels what changes in the tables of the publication `supabase_realtime`. */
export class ChangeFeed {
  readonly #subscriptions: Subscriptions;
  readonly #log: ChangeLog;
  readonly #retries = new Map<Channel, NodeJS.Timeout>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ database, pool, logger, maxRecordBytes }: ChangeFeedOptions) {
    this.#subscriptions = new Subscriptions(pool);
    this.#log = new ChangeLog({
      database,
      pool,
      slot: CHANGES_SLOT,
      publication: PUBLICATION,
      logger,
      isWanted: (relation) => this.#subscriptions.isWanted(relation),
      deliver: (batch: readonly CommittedChange[]) =>
        this.#inTurn(() =>
          deliverChanges({ pool, subscriptions: this.#subscriptions, maxRecordBytes, logger }, batch),
        ),
      onGap: () => this.#failAll(),
    });
  }

  /**
   * Subscribes a channel to its bindings, anew after its token changed, and tells it the outcome. From "Subscribed to
   * PostgreSQL" on it misses no change. While the log cannot be read it is told so, and tried again.
   */
  async subscribe(channel: Channel): Promise<void> {
    if (channel.bindings.length === 0) return;
    this.#cancelRetry(channel);
    const outcome = await this.#trySubscribe(channel);
    if (!channel.topic) {
      this.#subscriptions.delete(channel);
      return;
    }
    if (outcome === undefined) {
      channel.sendSystem('postgres_changes', 'ok', 'Subscribed to PostgreSQL');
      return;
    }
    // One that only could not be checked again goes on as it is; the log keeps what comes meanwhile.
    const isKept = !outcome.isFinal && this.#subscriptions.has(channel);
    if (!isKept) {
      this.#subscriptions.delete(channel);
      channel.sendSystem('postgres_changes', 'error', outcome.message);
    }
    if (outcome.isFinal) return;
    const retry = setTimeout(() => void this.subscribe(channel).catch(() => {}), RETRY_MS);
    this.#retries.set(channel, retry.unref());
  }

  unsubscribe(channel: Channel): void {
    this.#cancelRetry(channel);
    this.#subscriptions.delete(channel);
  }

  async close(): Promise<void> {
    for (const channel of this.#retries.keys()) this.#cancelRetry(channel);
    await this.#log.close();
  }

  /** Undefined on success. */
  async #trySubscribe(channel: Channel): Promise<{ message: string; isFinal: boolean } | undefined> {
    try {
      await this.#subscriptions.check(channel, PUBLICATION);
    } catch (error) {
      return { message: errorMessage(error), isFinal: error instanceof SubscriptionError };
    }
    await this.#log.start(START_TIMEOUT_MS);
    if (!this.#log.isStreaming) {
      const { failure } = this.#log;
      const reason = failure === undefined ? SLOW_START : errorMessage(failure);
      return { message: `Unable to read changes from PostgreSQL: ${reason}`, isFinal: false };
    }
    // Not while changes are being delivered: one of those could be neither in the snapshot nor delivered.
    try {
      if (this.#subscriptions.has(channel)) this.#subscriptions.rebind();
      else await this.#inTurn(() => this.#subscriptions.add(channel));
      return undefined;
    } catch (error) {
      return { message: errorMessage(error), isFinal: false };
    }
  }

  /** Official clients join again by themselves, and their applications then read what they may have missed. */
  #failAll(): void {
    for (const channel of this.#subscriptions) channel.fail('changes may have been missed');
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #cancelRetry(channel: Channel): void {
    clearTimeout(this.#retries.get(channel));
    this.#retries.delete(channel);
  }
}
