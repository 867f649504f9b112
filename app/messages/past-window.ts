import type { Message } from './message.ts';

/**
 * Messages of a channel's past, around one that somebody has jumped to: all between two positions, with others before
 * and after. Pure bookkeeping, no network; it grows on both sides until it meets the `MessageLog`.
 */
export class PastWindow {
  #messages: readonly Message[];
  #hasOlder: boolean;

  /** @param messages sorted by position, without gaps */
  constructor(messages: readonly Message[], hasOlder: boolean) {
    this.#messages = messages;
    this.#hasOlder = hasOlder;
  }

  /** Sorted by `position`; a new array after every change. */
  get messages(): readonly Message[] {
    return this.#messages;
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
    return this.#messages.find((message) => message.id === id);
  }

  /** Adds the page just before. */
  prepend(page: readonly Message[], hasOlder: boolean): void {
    this.#hasOlder = hasOlder;
    this.#messages = [...page, ...this.#messages];
  }

  /** Adds the page just after. */
  append(page: readonly Message[]): void {
    this.#messages = [...this.#messages, ...page];
  }

  /** Applies changes to messages in the window; others do not concern it. */
  update(changes: readonly Message[]): void {
    const byId = new Map(changes.map((message) => [message.id, message]));
    if (!this.#messages.some(({ id }) => byId.has(id))) return;
    this.#messages = this.#messages.map((known) => {
      const changed = byId.get(known.id);
      return changed && changed.revision > known.revision ? changed : known;
    });
  }
}
