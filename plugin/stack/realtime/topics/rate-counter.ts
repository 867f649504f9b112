// supabase/realtime v2.129.8 lib/realtime/rate_counter/rate_counter.ex, lib/realtime/tenants.ex
const TICK_MS = 5_000;
const MAX_TICKS = 12;

/**
 * Events per second, averaged over the last minute in ticks of five seconds. Only completed ticks count, so a short burst
 * passes.
 */
export class RateCounter {
  readonly #limit: number;
  #ticks: number[] = [0];
  #current = 0;
  #tickEnd: number;

  /** @param limit events per second at which the limit is exceeded */
  constructor(limit: number, now: number = performance.now()) {
    this.#limit = limit;
    this.#tickEnd = now + TICK_MS;
  }

  add(count: number, now: number = performance.now()): void {
    this.#advance(now);
    this.#current += count;
  }

  /** Events per second, averaged over the completed ticks. */
  average(now: number = performance.now()): number {
    this.#advance(now);
    return this.#ticks.reduce((sum, count) => sum + count, 0) / this.#ticks.length / (TICK_MS / 1000);
  }

  isExceeded(now: number = performance.now()): boolean {
    return this.average(now) >= this.#limit;
  }

  #advance(now: number): void {
    if (now < this.#tickEnd) return;
    const passed = Math.min(Math.floor((now - this.#tickEnd) / TICK_MS), MAX_TICKS);
    this.#ticks = [...this.#ticks, this.#current, ...Array<number>(passed).fill(0)].slice(-MAX_TICKS);
    this.#current = 0;
    this.#tickEnd += TICK_MS * Math.ceil((now - this.#tickEnd + 1) / TICK_MS);
  }
}
