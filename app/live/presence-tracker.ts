/** What a page tells the family about the person at it. */
export interface PresenceEntry {
  /** The channel on screen; null on a page of settings. */
  readonly channelId: string | null;
}

/** Realtime allows five presence calls in 30 seconds and closes the channel at the sixth. A second is for slow networks. */
const MAX_CALLS = 5;
const WINDOW_MS = 31_000;
/** Who passes through a channel on the way to another one has not been there. */
const SETTLE_MS = 250;

/**
 * Keeps the family's presence in step with what is on screen, within the number of calls that Realtime allows. A change
 * is told after a quarter of a second: as presence, or, after five in 31 seconds, by a signal to those who are there now,
 * and as presence when there are calls again, for those who come later.
 */
export class PresenceTracker {
  readonly #track: (entry: PresenceEntry) => void;
  readonly #signal: (entry: PresenceEntry) => void;
  #watching: string | null = null;
  /** What presence says; undefined while the server knows nothing. */
  #tracked: string | null | undefined;
  /** What was said last, in either way. */
  #told: string | null | undefined;
  #isJoined = false;
  #calls: readonly number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(track: (entry: PresenceEntry) => void, signal: (entry: PresenceEntry) => void) {
    this.#track = track;
    this.#signal = signal;
  }

  /** The page shows another channel now. */
  watch(channelId: string | null): void {
    if (channelId === this.#watching) return;
    this.#watching = channelId;
    this.#tellSoon();
  }

  /** The realtime channel was joined anew: the server knows nothing of this page and counts calls from zero. */
  onJoined(): void {
    this.#isJoined = true;
    this.#tracked = undefined;
    this.#told = undefined;
    this.#calls = [];
    this.#tellSoon();
  }

  /** Until it is joined again there is nobody to tell. */
  onLost(): void {
    this.#isJoined = false;
    clearTimeout(this.#timer);
  }

  #tellSoon(): void {
    clearTimeout(this.#timer);
    if (this.#isJoined) this.#timer = setTimeout(() => this.#tell(), SETTLE_MS);
  }

  #tell(): void {
    const entry = { channelId: this.#watching };
    const isTracked = this.#tracked === this.#watching;
    const fifthLast = this.#calls.at(-MAX_CALLS) ?? Number.NEGATIVE_INFINITY;
    const wait = fifthLast + WINDOW_MS - Date.now();
    // Presence that does not change would tell nobody anything.
    if (this.#told !== this.#watching && (isTracked || wait > 0)) this.#signal(entry);
    this.#told = this.#watching;
    if (isTracked) return;
    if (wait > 0) this.#timer = setTimeout(() => this.#tell(), wait);
    else {
      this.#calls = [...this.#calls, Date.now()].slice(-MAX_CALLS);
      this.#tracked = this.#watching;
      this.#track(entry);
    }
  }
}
