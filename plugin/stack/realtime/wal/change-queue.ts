import type { LogMessage, RowChange } from './pgoutput.ts';

/** A change with its commit time and its transaction id (32 bits). */
export interface CommittedChange extends RowChange {
  readonly commitTime: Date;
  readonly xid: number;
}

/** The ids of the transactions that made these changes, each once. */
export function xidsOf(changes: readonly CommittedChange[]): number[] {
  return [...new Set(changes.map(({ xid }) => xid))];
}

const MAX_BATCH_CHANGES = 1000;
const MAX_BATCH_BYTES = 1024 * 1024;
const PAUSE_CHANGES = 2 * MAX_BATCH_CHANGES;
const PAUSE_BYTES = 2 * MAX_BATCH_BYTES;

/**
 * Changes between the log and their delivery, in commit order: bounded, and each exactly once. After a reconnect the log
 * repeats what was not acknowledged; changes that were queued before are skipped.
 */
export class ChangeQueue {
  #changes: CommittedChange[] = [];
  #bytes = 0;
  /** Ends of transactions, each to acknowledge once the first `after` queued changes are delivered. */
  #commits: { endLsn: bigint; after: number }[] = [];
  #queued = 0;
  #deliveredCount = 0;
  /** The transaction being read: how many of its changes were read, and how many of them to skip. */
  #transaction: { finalLsn: bigint; commitTime: Date; xid: number; read: number; skip: number } | undefined;
  #received = 0n;
  #delivered = 0n;

  /** End of the last transaction that was read completely: the position to continue from after a reconnect. */
  get received(): bigint {
    return this.#received;
  }

  /** The position up to which everything was delivered. */
  get delivered(): bigint {
    return this.#delivered;
  }

  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  get isFull(): boolean {
    return this.#changes.length > PAUSE_CHANGES || this.#bytes > PAUSE_BYTES;
  }

  push(message: LogMessage): void {
    switch (message.kind) {
      case 'begin': {
        const { finalLsn, commitTime, xid } = message;
        const skip = this.#transaction?.finalLsn === finalLsn ? this.#transaction.read : 0;
        this.#transaction = { finalLsn, commitTime, xid, read: 0, skip };
        return;
      }
      case 'change': {
        const transaction = this.#transaction;
        if (!transaction || ++transaction.read <= transaction.skip || !message.change) return;
        const { commitTime, xid } = transaction;
        this.#changes.push({ ...message.change, commitTime, xid });
        this.#bytes += message.change.bytes;
        this.#queued++;
        return;
      }
      case 'commit':
        this.#transaction = undefined;
        this.#received = message.endLsn;
        this.#commits.push({ endLsn: message.endLsn, after: this.#queued });
        this.#advance();
    }
  }

  /** Advances to `walEnd`, up to which the server has nothing more to send. */
  skipTo(walEnd: bigint): void {
    if (this.#transaction || this.#deliveredCount < this.#queued) return;
    if (walEnd > this.#received) this.#received = walEnd;
    if (walEnd > this.#delivered) this.#delivered = walEnd;
  }

  /** Removes and returns the next changes to deliver; call `markDelivered` afterwards. */
  takeBatch(): CommittedChange[] {
    let bytes = 0;
    let count = 0;
    for (const change of this.#changes) {
      if (count === MAX_BATCH_CHANGES || (count > 0 && bytes + change.bytes > MAX_BATCH_BYTES)) break;
      bytes += change.bytes;
      count++;
    }
    this.#bytes -= bytes;
    return this.#changes.splice(0, count);
  }

  markDelivered(batch: readonly CommittedChange[]): void {
    this.#deliveredCount += batch.length;
    this.#advance();
  }

  /** Discards everything: the log continues from another position. */
  reset(): void {
    this.#changes = [];
    this.#bytes = 0;
    this.#commits = [];
    this.#deliveredCount = this.#queued;
    this.#transaction = undefined;
    this.#received = 0n;
    this.#delivered = 0n;
  }

  #advance(): void {
    let reached = 0;
    for (const commit of this.#commits) {
      if (commit.after > this.#deliveredCount) break;
      this.#delivered = commit.endLsn;
      reached++;
    }
    if (reached > 0) this.#commits.splice(0, reached);
  }
}
