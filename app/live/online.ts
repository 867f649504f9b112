import type { PresenceEntry } from './presence-tracker.ts';
import type { Signal } from './signal.ts';

/** The people online, by user id, with the channel on their screen (null: none). */
export type Online = ReadonlyMap<string, string | null>;

export const NOBODY_ONLINE: Online = new Map();

/** Merges presence and the signals received since. */
export class OnlineLog {
  #presence: Online = NOBODY_ONLINE;
  readonly #signals = new Map<string, string | null>();

  /** A change in a person's presence overrides their earlier signals. */
  setPresence(people: ReadonlyMap<string, readonly PresenceEntry[]>): Online {
    const presence = new Map([...people].map(([id, pages]) => [id, pages.at(-1)?.channelId ?? null]));
    for (const id of this.#signals.keys()) {
      if (presence.get(id) !== this.#presence.get(id)) this.#signals.delete(id);
    }
    this.#presence = presence;
    return this.#merge();
  }

  noteSignal({ userId, channelId }: Signal): Online {
    if (this.#presence.has(userId)) this.#signals.set(userId, channelId);
    return this.#merge();
  }

  #merge(): Online {
    return new Map([...this.#presence, ...this.#signals]);
  }
}
