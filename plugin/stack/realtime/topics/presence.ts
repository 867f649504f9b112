import { randomBytes } from 'node:crypto';

/** Who is present, as the protocol sends it: key → its metas (one per tracking channel). */
export type PresenceState = Record<string, { metas: PresenceMeta[] }>;

interface PresenceMeta {
  readonly phx_ref: string;
  readonly phx_ref_prev?: string;
  readonly [name: string]: unknown;
}

export interface PresenceDiff {
  readonly joins: PresenceState;
  readonly leaves: PresenceState;
}

/**
 * The presences of one topic. What happens within one turn of the event loop is told as one diff, so that two hundred
 * joins at once are not two hundred messages to two hundred receivers.
 */
export class Presence<Owner extends object> {
  readonly #entries = new Map<Owner, { key: string; meta: PresenceMeta }>();
  readonly #publish: (diff: PresenceDiff) => void;
  #joins = new Map<string, { key: string; meta: PresenceMeta }>();
  #leaves = new Map<string, { key: string; meta: PresenceMeta }>();
  #scheduled: NodeJS.Immediate | undefined;

  constructor(publish: (diff: PresenceDiff) => void) {
    this.#publish = publish;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Adds the owner, or replaces what it tracked (its new meta then names the old one in `phx_ref_prev`). */
  track(owner: Owner, key: string, payload: Readonly<Record<string, unknown>>): void {
    const previous = this.#entries.get(owner);
    const refs = {
      phx_ref: randomBytes(12).toString('base64url'),
      ...(previous && { phx_ref_prev: previous.meta.phx_ref }),
    };
    const entry = { key, meta: { ...payload, ...refs } };
    this.#entries.set(owner, entry);
    if (previous) this.#recordLeave(previous);
    this.#joins.set(entry.meta.phx_ref, entry);
    this.#schedule();
  }

  untrack(owner: Owner): void {
    const entry = this.#entries.get(owner);
    if (!entry) return;
    this.#entries.delete(owner);
    this.#recordLeave(entry);
    this.#schedule();
  }

  /** The state that a new channel is told; everybody else has been told of it before this returns. */
  state(): PresenceState {
    this.flush();
    return group(this.#entries.values());
  }

  /** Tells the pending diff now. */
  flush(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#joins.size === 0 && this.#leaves.size === 0) return;
    const diff = { joins: group(this.#joins.values()), leaves: group(this.#leaves.values()) };
    this.#joins = new Map();
    this.#leaves = new Map();
    this.#publish(diff);
  }

  #recordLeave(entry: { key: string; meta: PresenceMeta }): void {
    // One that came and went within the same diff was never told of.
    if (!this.#joins.delete(entry.meta.phx_ref)) this.#leaves.set(entry.meta.phx_ref, entry);
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.flush());
  }
}

function group(entries: Iterable<{ key: string; meta: PresenceMeta }>): PresenceState {
  // A key may be "__proto__": no prototype to hit.
  const state = Object.create(null) as PresenceState;
  for (const { key, meta } of entries) (state[key] ??= { metas: [] }).metas.push(meta);
  return state;
}
