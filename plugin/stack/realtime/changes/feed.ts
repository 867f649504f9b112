// supabase/realtime v2.129.8 lib/extensions/postgres_cdc_rls/{cdc_rls,replication_poller}.ex
import type pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { Observations } from '../../../shared/observations.ts';
import { repeatWhenLost } from '../../postgres/connection-loss.ts';
import type { Database } from '../../postgres/database.ts';
import { ChangeLog } from '../wal/change-log.ts';
import { slotOf } from '../wal/slots.ts';
import type { CommittedChange } from '../wal/change-queue.ts';
import type { ChangeRequest } from './bindings.ts';
import { deliverChanges } from './deliver.ts';
import type { ChangeSubscriber } from './subscriber.ts';
import { checkSubscription, SubscriptionError } from './subscription-check.ts';
import { Subscriptions } from './subscriptions.ts';

export interface ChangeFeedOptions {
  readonly database: Database;
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly observations: Observations;
  readonly maxRecordBytes: number;
}

/** Why a subscription failed; a final failure is not tried again. */
interface SubscriptionFailure {
  readonly message: string;
  readonly isFinal: boolean;
  readonly request?: ChangeRequest | undefined;
}

const PUBLICATION = 'supabase_realtime';
export const CHANGES_SLOT = 'supabase_realtime_replication_slot';
const START_TIMEOUT_MS = 5_000;
const RETRY_MS = 1_000;
// PostgreSQL creates a slot only after all transactions that were open before have ended.
const SLOW_START = 'the replication slot is not ready (an open transaction may hold it up)';

/** `postgres_changes`: sends subscribers the changes in the tables of the publication `supabase_realtime`. */
export class ChangeFeed {
  readonly #pool: pg.Pool;
  readonly #observations: Observations;
  readonly #subscriptions: Subscriptions;
  readonly #log: ChangeLog;
  readonly #retries = new Map<ChangeSubscriber, NodeJS.Timeout>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ database, pool, logger, observations, maxRecordBytes }: ChangeFeedOptions) {
    this.#pool = pool;
    this.#observations = observations;
    this.#subscriptions = new Subscriptions(pool);
    this.#log = new ChangeLog({
      database,
      pool,
      slot: slotOf(CHANGES_SLOT, database),
      publication: PUBLICATION,
      logger,
      isWanted: (relation) => this.#subscriptions.isWanted(relation),
      deliver: (batch: readonly CommittedChange[]) =>
        this.#inTurn(() =>
          deliverChanges(
            { pool, subscriptions: this.#subscriptions, maxRecordBytes, logger, observations },
            batch,
          ),
        ),
      onGap: () => this.#failAll(),
    });
  }

  /**
   * Subscribes to the subscriber's bindings, or again after its token changed, and sends it the outcome. After "Subscribed
   * to PostgreSQL" it misses no change. While the log cannot be read it receives an error, and the feed retries.
   */
  async subscribe(subscriber: ChangeSubscriber): Promise<void> {
    if (subscriber.bindings.length === 0) return;
    this.#cancelRetry(subscriber);
    const outcome = await this.#trySubscribe(subscriber);
    if (!subscriber.isJoined) {
      this.#subscriptions.delete(subscriber);
      return;
    }
    if (outcome === undefined) {
      subscriber.sendSystem('postgres_changes', 'ok', 'Subscribed to PostgreSQL');
      return;
    }
    // A subscription that merely could not be rechecked stays: the log keeps the changes meanwhile.
    const isKept = !outcome.isFinal && this.#subscriptions.has(subscriber);
    if (!isKept) {
      this.#subscriptions.delete(subscriber);
      subscriber.sendSystem('postgres_changes', 'error', outcome.message);
      this.#reportRefusal(subscriber, outcome);
    }
    if (outcome.isFinal) return;
    const retry = setTimeout(() => void this.subscribe(subscriber).catch(() => {}), RETRY_MS);
    this.#retries.set(subscriber, retry.unref());
  }

  unsubscribe(subscriber: ChangeSubscriber): void {
    this.#cancelRetry(subscriber);
    this.#subscriptions.delete(subscriber);
  }

  async close(): Promise<void> {
    for (const subscriber of this.#retries.keys()) this.#cancelRetry(subscriber);
    await this.#log.close();
  }

  /** Undefined on success. */
  async #trySubscribe(subscriber: ChangeSubscriber): Promise<SubscriptionFailure | undefined> {
    try {
      await repeatWhenLost(() => checkSubscription(this.#pool, subscriber, PUBLICATION));
    } catch (error) {
      const isFinal = error instanceof SubscriptionError;
      return { message: errorMessage(error), isFinal, request: isFinal ? error.request : undefined };
    }
    await this.#log.start(START_TIMEOUT_MS);
    if (!this.#log.isStreaming) {
      const { failure } = this.#log;
      const reason = failure === undefined ? SLOW_START : errorMessage(failure);
      return { message: `Unable to read changes from PostgreSQL: ${reason}`, isFinal: false };
    }
    // Not during a delivery: a change of its batch could be neither in the snapshot nor delivered.
    try {
      if (this.#subscriptions.has(subscriber)) this.#subscriptions.rebind();
      else {
        await this.#inTurn(() => repeatWhenLost(() => this.#subscriptions.add(subscriber)));
      }
      return undefined;
    } catch (error) {
      return { message: errorMessage(error), isFinal: false };
    }
  }

  #reportRefusal({ topicName, claims }: ChangeSubscriber, { message, request }: SubscriptionFailure): void {
    if (!this.#observations.isActive) return;
    this.#observations.emit({
      kind: 'realtime',
      event: 'subscription-refused',
      topic: topicName.slice('realtime:'.length),
      schema: request?.schema ?? '',
      table: request?.table ?? '',
      columns: [...(request?.filters ?? []).map(({ column }) => column), ...(request?.select ?? [])],
      reason: message,
      caller: { role: claims.role, claims: { ...claims } },
    });
  }

  /** Official clients rejoin by themselves, and their applications then read what they may have missed. */
  #failAll(): void {
    for (const subscriber of this.#subscriptions) subscriber.fail('changes may have been missed');
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #cancelRetry(subscriber: ChangeSubscriber): void {
    clearTimeout(this.#retries.get(subscriber));
    this.#retries.delete(subscriber);
  }
}
