/** Something that those who look can follow. Emitting never throws; while nobody follows, nothing is built. */
export class Tap<T> {
  readonly #listeners = new Set<(value: T) => void>();

  get isFollowed(): boolean {
    return this.#listeners.size > 0;
  }

  /** @returns how to stop following */
  follow(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(value: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(value);
      } catch {
        // Whoever looks must not disturb what it looks at.
      }
    }
  }
}
