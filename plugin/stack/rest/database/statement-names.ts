import { LRUCache } from 'lru-cache';

/** Most prepared statements that one connection may hold: each keeps its plan in PostgreSQL's memory. */
const MAX_NAMED = 500;
const REMEMBERED = 2000;

/** Names for statements that repeat: from its second use on, a statement is worth preparing. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #seen = new LRUCache<string, true>({ max: REMEMBERED });

  /** The name to prepare this text under; undefined on first use, and once there are too many names. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (!this.#seen.has(text) || this.#names.size >= MAX_NAMED) {
      this.#seen.set(text, true);
      return undefined;
    }
    const name = `rest_${this.#names.size + 1}`;
    this.#names.set(text, name);
    return name;
  }
}
