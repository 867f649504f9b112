import type { Message } from './message.ts';

/**
 * The loaded part of a channel: all messages from some position up to the newest, in order.
 *
 * Pure bookkeeping, no network. It accepts rows from any source, in any order and repeatedly (a page of history, a
 * catch-up, a live change), and keeps the newest revision of each. Up to `lastRevision`, no change is missing.
 */
export class MessageLog {
  #messages: readonly Message[] = [];
  #byId = new Map<string, Message>();
  #lastRevision = 0;
  #hasOlder = false;

  /** Sorted by `position`; a new array after every change. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** All changes to loaded messages up to and including this revision are applied. */
  get lastRevision(): number {
    return this.#lastRevision;
  }

  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  get oldestPosition(): number | undefined {
    return this.#messages[0]?.position;
  }

  get newestPosition(): number {
    return this.#messages.at(-1)?.position ?? 0;
  }

  find(id: string): Message | undefined {
    return this.#byId.get(id);
  }

  /** Replaces everything with the newest page. */
  reset(page: readonly Message[], hasOlder: boolean): void {
    this.#byId = new Map();
    this.#messages = [];
    this.#lastRevision = 0;
    this.#hasOlder = hasOlder;
    this.#merge(page);
    this.#lastRevision = maxRevision(page, 0);
  }

  /** Adds the page just before the loaded part. It does not advance `lastRevision`. */
  prepend(page: readonly Message[], hasOlder: boolean): void {
    this.#hasOlder = hasOlder;
    this.#merge(page);
  }

  /** Adds all changes after `lastRevision`, which therefore have no gap. */
  catchUp(changes: readonly Message[]): void {
    this.#merge(changes.filter((message) => this.#isInRange(message)));
    this.#lastRevision = maxRevision(changes, this.#lastRevision);
  }

  /**
   * Adds one live change.
   *
   * @returns false if earlier changes are missing: the message is added, and the caller has to catch up
   */
  apply(message: Message): boolean {
    const isNext = message.revision <= this.#lastRevision + 1;
    if (this.#isInRange(message)) this.#merge([message]);
    if (isNext) this.#lastRevision = Math.max(this.#lastRevision, message.revision);
    return isNext;
  }

  /** Drops all but the newest `keep` messages; the others can be loaded again. */
  trim(keep: number): void {
    if (this.#messages.length <= keep) return;
    for (const message of this.#messages.slice(0, -keep)) this.#byId.delete(message.id);
    this.#messages = this.#messages.slice(-keep);
    this.#hasOlder = true;
  }

  /** Whether a message belongs to the loaded part or follows it. Older ones are added when their page is loaded. */
  #isInRange(message: Message): boolean {
    return !this.#hasOlder || message.position >= (this.oldestPosition ?? 0);
  }

  #merge(rows: readonly Message[]): void {
    const added: Message[] = [];
    const changed = new Map<string, Message>();
    for (const row of rows) {
      const known = this.#byId.get(row.id);
      if (known && known.revision >= row.revision) continue;
      this.#byId.set(row.id, row);
      if (known) changed.set(row.id, row);
      else added.push(row);
    }
    if (added.length === 0 && changed.size === 0) return;
    // A message that occurs twice in one batch is added once, in its newest revision.
    const unique = [...new Set(added.map((row) => row.id))].flatMap((id) => this.#byId.get(id) ?? []);
    const kept = changed.size === 0 ? this.#messages : this.#messages.map((m) => changed.get(m.id) ?? m);
    const next = [...kept, ...unique];
    const needsSort = next.some(
      (message, index) => index > 0 && (next[index - 1]?.position ?? 0) > message.position,
    );
    this.#messages = needsSort ? next.toSorted((a, b) => a.position - b.position) : next;
  }
}

function maxRevision(messages: readonly Message[], start: number): number {
  return messages.reduce((highest, message) => Math.max(highest, message.revision), start);
}
