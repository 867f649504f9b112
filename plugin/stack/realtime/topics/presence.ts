// supabase/realtime v2.129.8 lib/realtime_web/channels/presence.ex; Phoenix.Presence
import { randomBytes } from 'node:crypto';

/** One presence: its key, its reference, and its meta as JSON text (the payload with the references). */
interface Entry {
  readonly key: string;
  readonly ref: string;
  readonly meta: string;
}

/** What all presences of a server may take together, in characters of JSON. */
export class PresenceBudget {
  #free: number;

  constructor(characters: number) {
    this.#free = characters;
  }

  /** Takes this many characters (negative: gives them back); false, without taking any, when there are not enough. */
  take(characters: number): boolean {
    if (characters > this.#free) return false;
    this.#free -= characters;
    return true;
  }
}

// A topic with 1,000 members publishes a diff every 100 ms at most, one with 5,000 or more every 500 ms.
const INTERVAL_PER_MEMBER_MS = 0.1;
const MAX_INTERVAL_MS = 500;

/**
 * The presences of one topic. Changes within one turn of the event loop are published as one diff, and those of a large
 * topic at intervals: simultaneous joins of all members would otherwise be as many messages to each of them.
 */
export class Presence<Owner extends object> {
  readonly #entries = new Map<Owner, Entry>();
  /** By reference: what the members know, which are the entries before the pending diff. */
  readonly #published = new Map<string, Entry>();
  readonly #publish: (diff: string) => void;
  readonly #budget: PresenceBudget;
  #joins = new Map<string, Entry>();
  #leaves = new Map<string, Entry>();
  #state: string | undefined;
  #cancel: (() => void) | undefined;
  #nextFlush = 0;

  /** @param publish sends a diff, `{joins, leaves}` as JSON text, to the members */
  constructor(publish: (diff: string) => void, budget: PresenceBudget) {
    this.#publish = publish;
    this.#budget = budget;
  }

  /**
   * Adds the owner, or replaces its payload (the new meta then refers to the old one in `phx_ref_prev`).
   *
   * @returns false, without a change, when the budget does not allow it
   */
  track(owner: Owner, key: string, payload: Readonly<Record<string, unknown>>): boolean {
    const previous = this.#entries.get(owner);
    const ref = randomBytes(12).toString('base64url');
    const meta = JSON.stringify({
      ...payload,
      phx_ref: ref,
      ...(previous && { phx_ref_prev: previous.ref }),
    });
    const entry = { key, ref, meta };
    if (!this.#budget.take(sizeOf(entry) - (previous ? sizeOf(previous) : 0))) return false;
    this.#entries.set(owner, entry);
    if (previous) this.#recordLeave(previous);
    this.#joins.set(ref, entry);
    this.#schedule();
    return true;
  }

  untrack(owner: Owner): void {
    const entry = this.#entries.get(owner);
    if (!entry) return;
    this.#entries.delete(owner);
    this.#budget.take(-sizeOf(entry));
    this.#recordLeave(entry);
    this.#schedule();
  }

  /** What the members know, `{key: {metas: [meta]}}` as JSON text; they and a new channel then receive the same diffs. */
  state(): string {
    return (this.#state ??= group(this.#published.values()));
  }

  /** Publishes the pending diff now. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#joins.size === 0 && this.#leaves.size === 0) return;
    const diff = `{"joins":${group(this.#joins.values())},"leaves":${group(this.#leaves.values())}}`;
    for (const ref of this.#leaves.keys()) this.#published.delete(ref);
    for (const [ref, entry] of this.#joins) this.#published.set(ref, entry);
    this.#joins = new Map();
    this.#leaves = new Map();
    this.#state = undefined;
    this.#nextFlush =
      performance.now() + Math.min(this.#entries.size * INTERVAL_PER_MEMBER_MS, MAX_INTERVAL_MS);
    this.#publish(diff);
  }

  #recordLeave(entry: Entry): void {
    // A join that is still pending was never published: dropping it is enough.
    if (!this.#joins.delete(entry.ref)) this.#leaves.set(entry.ref, entry);
  }

  #schedule(): void {
    if (this.#cancel) return;
    const wait = this.#nextFlush - performance.now();
    if (wait <= 1) {
      const immediate = setImmediate(() => this.flush());
      this.#cancel = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(() => this.flush(), wait);
      this.#cancel = () => clearTimeout(timer);
    }
  }
}

function sizeOf({ key, meta }: Entry): number {
  return key.length + meta.length;
}

function group(entries: Iterable<Entry>): string {
  const metas = new Map<string, string[]>();
  for (const { key, meta } of entries) {
    const list = metas.get(key);
    if (list) list.push(meta);
    else metas.set(key, [meta]);
  }
  return `{${[...metas].map(([key, list]) => `${JSON.stringify(key)}:{"metas":[${list.join()}]}`).join()}}`;
}
