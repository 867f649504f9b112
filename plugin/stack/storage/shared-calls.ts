/**
 * Calls of one kind that share their work: those that arrive while it runs for a key wait for its end, and share one
 * further run. So nobody gets a result that began before his call.
 */
export class SharedCalls<T> {
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();
  readonly #work: (key: string) => Promise<T>;

  /** @param work must not call for its own key */
  constructor(work: (key: string) => Promise<T>) {
    this.#work = work;
  }

  /** The result of a run that begins after this call. @throws what `work` throws */
  call(key: string): Promise<T> {
    const running = this.#running.get(key);
    if (!running) return this.#begin(key);
    let next = this.#next.get(key);
    if (!next) {
      const begin = (): Promise<T> => {
        this.#next.delete(key);
        return this.#begin(key);
      };
      next = running.then(begin, begin);
      this.#next.set(key, next);
    }
    return next;
  }

  #begin(key: string): Promise<T> {
    const running = this.#work(key).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}
