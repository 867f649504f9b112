import type { TypingSignal } from './signal.ts';

/** A signal is valid for this long; a person who keeps typing sends the next one before it expires. */
const VALID_MS = 6_000;
export const TYPING_INTERVAL_MS = 3_000;

/** Who is typing in which channel, from signals that expire. */
export class TypingStore {
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #byChannel: ReadonlyMap<string, readonly string[]> = new Map();

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Ids of the people typing in a channel; the same array until it changes. */
  in(channelId: string): readonly string[] {
    return this.#byChannel.get(channelId) ?? NOBODY;
  }

  note({ userId, channelId }: TypingSignal): void {
    const key = `${channelId} ${userId}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => this.end({ userId, channelId }), VALID_MS),
    );
    const people = this.in(channelId);
    if (!people.includes(userId)) this.#set(channelId, [...people, userId]);
  }

  /** Called when the message has arrived or the signal has expired. */
  end({ userId, channelId }: TypingSignal): void {
    const key = `${channelId} ${userId}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    const people = this.in(channelId);
    if (people.includes(userId)) {
      this.#set(
        channelId,
        people.filter((id) => id !== userId),
      );
    }
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#byChannel = new Map();
  }

  #set(channelId: string, people: readonly string[]): void {
    this.#byChannel = new Map(this.#byChannel).set(channelId, people);
    for (const listener of this.#listeners) listener();
  }
}

const NOBODY: readonly string[] = [];
