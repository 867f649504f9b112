// supabase/realtime v2.129.8 lib/realtime_web/channels/presence.ex; Phoenix.Presence
import { randomBytes } from 'node:crypto';

/** The presences of a topic as on the wire: key → its metas (one per tracking channel). */
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
 * The presences of one topic. Changes within one turn of the event loop are published as one diff, so that 200
 * simultaneous joins do not become 200 messages to 200 receivers.
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

  /** Adds the owner, or replaces its payload (the new meta then refers to the old one in `phx_ref_prev`). */
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

  /** The state to send to a new channel. Publishes the pending diff first, so that all others know the same state. */
  state(): PresenceState {
    this.flush();
    return group(this.#entries.values());
  }

  /** Publishes the pending diff now. */
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
    // A join that is still pending was never published: dropping it is enough.
    if (!this.#joins.delete(entry.meta.phx_ref)) this.#leaves.set(entry.meta.phx_ref, entry);
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.flush());
  }
}

function group(entries: Iterable<{ key: string; meta: PresenceMeta }>): PresenceState {
  // A key may be "__proto__", so the object has no prototype.
  const state = Object.create(null) as PresenceState;
  for (const { key, meta } of entries) (state[key] ??= { metas: [] }).metas.push(meta);
  return state;
}
