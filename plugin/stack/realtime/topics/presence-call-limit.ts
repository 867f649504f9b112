// supabase/realtime v2.129.8 lib/realtime_web/channels/realtime_channel/presence_handler.ex
const WINDOW_MS = 30_000;

/** Limits the presence calls of one channel to a fixed number per window of 30 seconds. */
export class PresenceCallLimit {
  readonly #maxCalls: number;
  #count = 0;
  #windowEnd = 0;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  /** Counts a call; false when it exceeds the limit. */
  allow(now: number = performance.now()): boolean {
    if (now > this.#windowEnd) {
      this.#windowEnd = now + WINDOW_MS;
      this.#count = 0;
    }
    if (this.#count >= this.#maxCalls) return false;
    this.#count++;
    return true;
  }
}
