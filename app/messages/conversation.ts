import { MessageLog } from './message-log.ts';
import { fetchChanges, fetchNewer, fetchPage, MAX_ROWS, PAGE_SIZE } from './message-requests.ts';
import type { Message } from './message.ts';
import { PastWindow } from './past-window.ts';

export interface ConversationSnapshot {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly error: unknown;
  readonly messages: readonly Message[];
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
  /** The messages are around one of the past, and others follow. */
  readonly hasNewer: boolean;
  readonly isLoadingNewer: boolean;
  /** Changes when other messages are shown than before, so that the list has to be laid out from scratch. */
  readonly view: number;
  /** Message to scroll to and highlight; a new object for every jump. */
  readonly target: { readonly id: string } | undefined;
}

/** Messages kept when the reader is at the end of a long conversation. */
const KEPT_MESSAGES = 300;
/** A message this far before the loaded ones is reached by loading what is between; a farther one is shown alone. */
const NEAR = 200;

/** A channel's messages on this page: loads them, keeps them up to date, and notifies React of changes. */
export class Conversation {
  readonly channelId: string;
  readonly #log = new MessageLog();
  /** What is shown instead of the log after a jump into the past. */
  #past: PastWindow | undefined;
  #view = 0;
  readonly #listeners = new Set<() => void>();
  #snapshot: ConversationSnapshot = {
    status: 'loading',
    error: undefined,
    messages: [],
    hasOlder: false,
    isLoadingOlder: false,
    hasNewer: false,
    isLoadingNewer: false,
    view: 0,
    target: undefined,
  };
  #catchingUp: Promise<void> | undefined;
  #catchUpAgain = false;

  constructor(channelId: string) {
    this.channelId = channelId;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): ConversationSnapshot => this.#snapshot;

  /** No change is missing up to and including this revision. */
  get lastRevision(): number {
    return this.#log.lastRevision;
  }

  /** Whether a component shows this conversation. */
  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Finds a loaded message. */
  find(id: string): Message | undefined {
    return this.#past?.find(id) ?? this.#log.find(id);
  }

  /** Applies a row from a live change or from the response to our own request. */
  receive(message: Message): void {
    if (this.#snapshot.status !== 'ready') {
      // The page being loaded may have been read before this row was written.
      this.#catchUpAgain = true;
      return;
    }
    const isComplete = this.#log.apply(message);
    this.#past?.update([message]);
    this.#publish();
    if (!isComplete) void this.catchUp();
  }

  /**
   * Loads the newest page, or what has changed since. Concurrent calls share one request; a call during a request
   * triggers another one, because the running one may have read too early. Never rejects: if the first load fails,
   * the snapshot has the error; later failures are retried by the next catch-up.
   */
  catchUp(): Promise<void> {
    if (this.#catchingUp) {
      this.#catchUpAgain = true;
      return this.#catchingUp;
    }
    this.#catchingUp = this.#catchUpUntilQuiet().finally(() => {
      this.#catchingUp = undefined;
    });
    return this.#catchingUp;
  }

  async #catchUpUntilQuiet(): Promise<void> {
    do {
      this.#catchUpAgain = false;
      try {
        await (this.#snapshot.status === 'ready' ? this.#loadChanges() : this.#loadNewest());
      } catch (error) {
        if (this.#snapshot.status !== 'ready') this.#publish({ status: 'failed', error });
        return;
      }
    } while (this.#catchUpAgain);
  }

  /** Loads one page of older messages, or all pages back to `position`. */
  async loadOlder(position = Number.POSITIVE_INFINITY): Promise<void> {
    const shown = this.#past ?? this.#log;
    if (this.#snapshot.isLoadingOlder || !shown.hasOlder) return;
    this.#publish({ isLoadingOlder: true });
    try {
      do {
        const oldest = shown.oldestPosition;
        const size = Math.min(MAX_ROWS, Math.max(PAGE_SIZE, (oldest ?? 0) - position + PAGE_SIZE));
        const page = await fetchPage(this.channelId, oldest, size);
        shown.prepend(page, page.length === size);
      } while (shown.hasOlder && position < (shown.oldestPosition ?? 0));
    } finally {
      this.#publish({ isLoadingOlder: false });
    }
  }

  /** Loads one page of newer messages, which ends the excursion into the past when it meets the loaded ones. */
  async loadNewer(): Promise<void> {
    const past = this.#past;
    if (!past || this.#snapshot.isLoadingNewer) return;
    this.#publish({ isLoadingNewer: true });
    try {
      past.append(await fetchNewer(this.channelId, past.newestPosition));
      this.#joinPast();
    } finally {
      this.#publish({ isLoadingNewer: false });
    }
  }

  /** Jumps to a message: among the loaded ones, or with those around it. */
  async jumpTo({ id, position }: Pick<Message, 'id' | 'position'>): Promise<void> {
    if (this.#past && !this.#past.find(id) && this.#log.find(id)) this.#show(undefined);
    if (!(this.#past ?? this.#log).find(id)) {
      if (!this.#past && (this.#log.oldestPosition ?? 0) - position <= NEAR) await this.loadOlder(position);
      else await this.#openPast(position);
    }
    this.#publish({ target: { id } });
  }

  /** Shows the newest messages again, if others are shown. */
  showLatest(): void {
    if (this.#past) this.#show(undefined);
    this.#publish({ target: undefined });
  }

  async #openPast(position: number): Promise<void> {
    const [before, after] = await Promise.all([
      fetchPage(this.channelId, position + 1),
      fetchNewer(this.channelId, position),
    ]);
    this.#show(new PastWindow([...before, ...after], before.length === PAGE_SIZE));
    this.#joinPast();
  }

  /** Replaces what is shown: messages of the past, or the newest ones. The next `#publish` makes it visible. */
  #show(past: PastWindow | undefined): void {
    this.#past = past;
    this.#view += 1;
  }

  /** Where the past has reached the loaded messages, both become one. */
  #joinPast(): void {
    const past = this.#past;
    if (!past || past.newestPosition < (this.#log.oldestPosition ?? 0) - 1) return;
    this.#log.prepend(past.messages, past.hasOlder);
    this.#past = undefined;
  }

  /** Drops old messages beyond the newest 300; called when the reader is at the end. */
  trim(): void {
    if (this.#past || this.#snapshot.isLoadingOlder || this.#log.messages.length <= 2 * KEPT_MESSAGES) return;
    this.#log.trim(KEPT_MESSAGES);
    this.#publish();
  }

  async #loadNewest(): Promise<void> {
    const page = await fetchPage(this.channelId);
    if (this.#past) this.#show(undefined);
    this.#log.reset(page, page.length === PAGE_SIZE);
    this.#publish({ status: 'ready', error: undefined });
  }

  async #loadChanges(): Promise<void> {
    const changes = await fetchChanges(this.channelId, this.#log.lastRevision);
    if (changes.length === MAX_ROWS) {
      // So many changes that reloading is cheaper than replaying them.
      await this.#loadNewest();
      return;
    }
    if (changes.length === 0) return;
    this.#log.catchUp(changes);
    this.#past?.update(changes);
    this.#publish();
  }

  #publish(change: Partial<ConversationSnapshot> = {}): void {
    const { messages, hasOlder } = this.#past ?? this.#log;
    this.#snapshot = {
      ...this.#snapshot,
      ...change,
      messages,
      hasOlder,
      hasNewer: this.#past !== undefined,
      view: this.#view,
    };
    for (const listener of this.#listeners) listener();
  }
}
