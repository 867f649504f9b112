import type { LogMessage, RowChange } from './pgoutput.ts';

/** A change with the time of its commit and its transaction's id. */
export interface CommittedChange extends RowChange {
  readonly commitTime: Date;
  readonly xid: number;
}

const MAX_BATCH_CHANGES = 1000;
const MAX_BATCH_BYTES = 1024 * 1024;
const PAUSE_CHANGES = 2 * MAX_BATCH_CHANGES;
const PAUSE_BYTES = 2 * MAX_BATCH_BYTES;

/**
 * Changes between the log and their delivery, in the order of commits: bounded, each once. After a reconnect the log
 * repeats what was not acknowledged; what has been queued before is left out.
 */
export class ChangeQueue {
  #changes: CommittedChange[] = [];
  #bytes = 0;
  /** Positions that may be acknowledged when all but this many of the queued changes are delivered. */
  #commits: { endLsn: bigint; after: number }[] = [];
  #queued = 0;
  #taken = 0;
  /** The transaction being read: changes seen of it, and how many of them are to be left out. */
  #transaction: { finalLsn: bigint; commitTime: Date; xid: number; seen: number; skip: number } | undefined;
  #received = 0n;
  #delivered = 0n;

  /** End of the last transaction that was read completely: where to go on after a reconnect. */
  get received(): bigint {
    return this.#received;
  }

  /** Up to here everything was delivered. */
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
        const skip = this.#transaction?.finalLsn === finalLsn ? this.#transaction.seen : 0;
        this.#transaction = { finalLsn, commitTime, xid, seen: 0, skip };
        return;
      }
      case 'change': {
        const transaction = this.#transaction;
        if (!transaction || ++transaction.seen <= transaction.skip || !message.change) return;
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

  /** The server says that there is nothing more up to `walEnd`. */
  skipTo(walEnd: bigint): void {
    if (this.#transaction || this.#taken < this.#queued) return;
    if (walEnd > this.#received) this.#received = walEnd;
    if (walEnd > this.#delivered) this.#delivered = walEnd;
  }

  /** The next changes to deliver; call `markDelivered` when that is done. */
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
    this.#taken += batch.length;
    this.#advance();
  }

  /** Forgets everything: the log goes on somewhere else. */
  reset(): void {
    this.#changes = [];
    this.#bytes = 0;
    this.#commits = [];
    this.#taken = this.#queued;
    this.#transaction = undefined;
    this.#received = 0n;
    this.#delivered = 0n;
  }

  #advance(): void {
    let reached = 0;
    for (const commit of this.#commits) {
      if (commit.after > this.#taken) break;
      this.#delivered = commit.endLsn;
      reached++;
    }
    if (reached > 0) this.#commits.splice(0, reached);
  }
}
