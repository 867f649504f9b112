import type { PresenceEntry } from './presence-tracker.ts';
import type { Signal } from './signal.ts';

/** Who is online, by user id, and the channel on their screen (null: none). */
export type Online = ReadonlyMap<string, string | null>;

export const NOBODY_ONLINE: Online = new Map();

/** Puts together what presence says and what signals have said since. */
export class OnlineLog {
  #presence: Online = NOBODY_ONLINE;
  readonly #signals = new Map<string, string | null>();

  /** Presence has the last word about whoever's place in it has changed. */
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
