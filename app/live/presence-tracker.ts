/** The presence of one page. */
export interface PresenceEntry {
  /** The channel on screen; null on a settings page. */
  readonly channelId: string | null;
}

/**
 * Realtime allows five presence calls in 30 seconds and closes the channel at the sixth. The extra second allows
 * for slow networks.
 */
const MAX_CALLS = 5;
const WINDOW_MS = 31_000;
/** A channel shown for less than this is not published. */
const SETTLE_MS = 250;

/**
 * Publishes which channel is on screen, within Realtime's limit of presence calls. A change is published after 250
 * ms: as presence, or, after five calls in 31 seconds, as a signal to the people who are online now. Presence
 * follows once calls are allowed again, for people who join later.
 */
export class PresenceTracker {
  readonly #track: (entry: PresenceEntry) => void;
  readonly #signal: (entry: PresenceEntry) => void;
  #watching: string | null = null;
  /** The channel in presence; undefined if nothing was tracked since the join. */
  #tracked: string | null | undefined;
  /** The channel published last, as presence or as a signal. */
  #published: string | null | undefined;
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
    this.#publishSoon();
  }

  /** The Realtime channel was joined again: the server has no presence of this page and counts calls from zero. */
  onJoined(): void {
    this.#isJoined = true;
    this.#tracked = undefined;
    this.#published = undefined;
    this.#calls = [];
    this.#publishSoon();
  }

  /** Nothing is published until the channel is joined again. */
  onLost(): void {
    this.#isJoined = false;
    clearTimeout(this.#timer);
  }

  #publishSoon(): void {
    clearTimeout(this.#timer);
    if (this.#isJoined) this.#timer = setTimeout(() => this.#publish(), SETTLE_MS);
  }

  #publish(): void {
    const entry = { channelId: this.#watching };
    const isTracked = this.#tracked === this.#watching;
    const fifthLast = this.#calls.at(-MAX_CALLS) ?? Number.NEGATIVE_INFINITY;
    const wait = fifthLast + WINDOW_MS - Date.now();
    // Tracking the same channel again would cause no event, so a signal is needed then too.
    if (this.#published !== this.#watching && (isTracked || wait > 0)) this.#signal(entry);
    this.#published = this.#watching;
    if (isTracked) return;
    if (wait > 0) this.#timer = setTimeout(() => this.#publish(), wait);
    else {
      this.#calls = [...this.#calls, Date.now()].slice(-MAX_CALLS);
      this.#tracked = this.#watching;
      this.#track(entry);
    }
  }
}
