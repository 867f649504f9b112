import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { errorMessage } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/logger.ts';
import { repeatWhenLost } from '../../postgres/connection-loss.ts';
import type { Database } from '../../postgres/database.ts';
import { runSafely } from '../run-safely.ts';
import { ChangeQueue, type CommittedChange } from './change-queue.ts';
import { PgOutputDecoder, type LogMessage, type Relation } from './pgoutput.ts';
import { ReplicationClient } from './replication-client.ts';
import { dropSlot, publicationExists, slotState } from './slots.ts';

export interface ChangeLogOptions {
  readonly database: Database;
  readonly pool: pg.Pool;
  readonly slot: string;
  readonly publication: string;
  readonly logger: Logger;
  /** Changes of other tables are skipped. */
  readonly isWanted: (relation: Relation) => boolean;
  /**
   * Delivers changes, in commit order. The log waits until the promise resolves. A delivery that loses its connection to
   * the database is repeated, so it must not have delivered anything by then.
   */
  readonly deliver: (batch: readonly CommittedChange[]) => Promise<void>;
  /** Changes may have been lost: the slot had to be recreated, or a delivery failed. */
  readonly onGap: () => void;
}

// A walsender of PostgreSQL 16 and later can miss the wakeup of a commit (it adds itself to the waiters only after it has
// compared positions) and then sleeps until it receives something: without this, a change could be 10 seconds late.
// PostgreSQL src/backend/replication/walsender.c, WalSndWait
const STATUS_INTERVAL_MS = 200;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;
const PUBLICATION_POLL_MS = 500;
// A server that was killed is up again long before.
const DELIVERY_TIMEOUT_MS = 30_000;

/**
 * Reads the changes of a publication from the write-ahead log, through a replication slot.
 *
 * The slot outlives its connection, so nothing is lost when a backend or the whole server ends: reading continues from the
 * last position. `start` creates the slot and `close` drops it. `start` also drops a slot that an earlier process left
 * behind, so no unused slot retains the log.
 */
export class ChangeLog {
  readonly #options: ChangeLogOptions;
  readonly #queue = new ChangeQueue();
  readonly #closing = new AbortController();
  #client: ReplicationClient | undefined;
  #running: Promise<void> | undefined;
  #ready: Promise<void> = Promise.resolve();
  #markReady: () => void = () => {};
  #isStreaming = false;
  #hasSlot = false;
  #isDelivering = false;
  #isPaused = false;
  #failure: unknown;

  constructor(options: ChangeLogOptions) {
    this.#options = options;
  }

  get isStreaming(): boolean {
    return this.#isStreaming;
  }

  /** Why it is not streaming, if it failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Starts reading unless already started. Resolves once no later change is missed, or after `timeoutMs`. */
  async start(timeoutMs: number): Promise<void> {
    if (!this.#running) {
      this.#resetReady();
      this.#running = this.#run();
    }
    if (this.#isStreaming) return;
    const timeout = new AbortController();
    await Promise.race([
      this.#ready,
      delay(timeoutMs, undefined, { signal: timeout.signal, ref: false }).catch(() => {}),
    ]);
    timeout.abort();
  }

  /** Stops reading and drops the slot. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#client?.end();
    await this.#running;
    if (this.#hasSlot) await dropSlot(this.#options.pool, this.#options.slot).catch(() => {});
  }

  async #run(): Promise<void> {
    let wait = RETRY_MIN_MS;
    let isReported = false;
    while (!this.#closing.signal.aborted) {
      const error = await this.#stream(() => {
        wait = RETRY_MIN_MS;
        isReported = false;
      }).catch((failure: unknown) => failure);
      // The next stream wakes callers that already wait.
      if (this.#isStreaming) this.#resetReady();
      this.#isStreaming = false;
      if (this.#closing.signal.aborted) return;
      this.#failure = error;
      try {
        await this.#recover(error);
        await delay(wait, undefined, { signal: this.#closing.signal });
      } catch {
        // The database does not answer, or close() was called: the loop condition decides which.
        await delay(wait, undefined, { ref: false });
      }
      wait = Math.min(wait * 2, RETRY_MAX_MS);
      if (wait === RETRY_MAX_MS && !isReported) {
        isReported = true;
        this.#options.logger.warn(`Realtime cannot read the write-ahead log: ${errorMessage(error)}`);
      }
    }
  }

  /** Streams over one connection; resolves with the error that ended it. */
  async #stream(onRunning: () => void): Promise<unknown> {
    const { database, pool, slot, publication, isWanted } = this.#options;
    const client = await ReplicationClient.connect(database.connection('supabase_admin'));
    this.#client = client;
    let status: NodeJS.Timeout | undefined;
    try {
      if (!this.#hasSlot) {
        await dropSlot(pool, slot);
        await client.createSlot(slot);
        this.#hasSlot = true;
      }
      const decoder = new PgOutputDecoder(isWanted);
      const { ended } = await client.start(slot, publication, this.#queue.received, {
        onData: (data) => {
          const message = this.#decode(decoder, data);
          if (!message) return;
          this.#queue.push(message);
          if (!this.#isDelivering && !this.#queue.isEmpty) {
            runSafely(
              (error) => this.#reportLoss(error),
              () => this.#deliver(),
            );
          }
          this.#regulate();
        },
        onKeepalive: (walEnd, wantsReply) => {
          this.#queue.skipTo(walEnd);
          if (wantsReply) client.acknowledge(this.#queue.delivered);
        },
      });
      status = setInterval(() => client.acknowledge(this.#queue.delivered), STATUS_INTERVAL_MS);
      status.unref();
      onRunning();
      this.#failure = undefined;
      this.#isStreaming = true;
      this.#isPaused = false;
      this.#regulate();
      this.#markReady();
      return await ended;
    } finally {
      clearInterval(status);
      client.end();
      this.#client = undefined;
    }
  }

  /** A message that cannot be decoded (a value longer than a string can be) counts as a change that was lost. */
  #decode(decoder: PgOutputDecoder, data: Buffer): LogMessage | undefined {
    try {
      return decoder.decode(data);
    } catch (error) {
      this.#reportLoss(error);
      return { kind: 'change', change: undefined };
    }
  }

  #reportLoss(error: unknown): void {
    this.#options.logger.error(`Realtime could not deliver changes: ${errorMessage(error)}`);
    this.#options.onGap();
  }

  /** Keeps the slot if it can still be read; otherwise drops it and reports the gap. */
  async #recover(error: unknown): Promise<void> {
    const { pool, slot, publication, logger } = this.#options;
    const state = this.#hasSlot ? await slotState(pool, slot) : 'none';
    const hasPublication = await publicationExists(pool, publication);
    if (state === 'good' && hasPublication && !isMissingPublication(error)) return;
    while (!(await publicationExists(pool, publication))) {
      await delay(PUBLICATION_POLL_MS, undefined, { signal: this.#closing.signal });
    }
    if (!this.#hasSlot) return;
    if (state !== 'good') logger.warn(`Realtime lost its place in the write-ahead log (slot ${state})`);
    await dropSlot(pool, slot);
    this.#hasSlot = false;
    this.#queue.reset();
    this.#options.onGap();
  }

  async #deliver(): Promise<void> {
    this.#isDelivering = true;
    while (!this.#queue.isEmpty && !this.#closing.signal.aborted) {
      const batch = this.#queue.takeBatch();
      try {
        const { signal } = this.#closing;
        await repeatWhenLost(() => this.#options.deliver(batch), { timeoutMs: DELIVERY_TIMEOUT_MS, signal });
      } catch (error) {
        if (this.#closing.signal.aborted) break;
        this.#reportLoss(error);
      }
      this.#queue.markDelivered(batch);
      this.#regulate();
    }
    this.#isDelivering = false;
  }

  /** Pauses the server while the queue is full; a large transaction then stays on the server's disk. */
  #regulate(): void {
    const isFull = this.#queue.isFull;
    if (isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    if (isFull) this.#client?.pause();
    else this.#client?.resume();
  }

  #resetReady(): void {
    this.#ready = new Promise((resolve) => (this.#markReady = resolve));
  }
}

/** PostgreSQL before 18 ends the stream at the first change after the publication was dropped. */
function isMissingPublication(error: unknown): boolean {
  return error instanceof Error && /^publication ".*" does not exist$/.test(error.message);
}
