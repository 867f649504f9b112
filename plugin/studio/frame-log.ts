import { isObject, parseJson } from '../shared/json.ts';
import type { ObservedFrame } from '../shared/observed.ts';
import type { Tap } from '../shared/tap.ts';

/** A message of a Realtime socket as the page lists it; its payload is read on demand. */
export interface LoggedFrame {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly socket: number;
  readonly direction: 'in' | 'out';
  readonly topic: string;
  readonly event: string;
  /** What happened, such as the event of a broadcast or the changed table. */
  readonly about: string | undefined;
  readonly bytes: number;
}

/** A payload, shortened where it is very long. */
export interface FramePayload {
  readonly text: string;
  readonly isShortened: boolean;
}

const KEPT = 500;
const KEPT_PAYLOAD = 64 * 1024;
const KEPT_PAYLOADS = 8 * 1024 * 1024;
const BATCH_MS = 100;

/** The latest messages of Realtime's sockets; records only while somebody follows. */
export class FrameLog {
  readonly #frames: Tap<ObservedFrame>;
  readonly #followers = new Set<(frames: readonly LoggedFrame[]) => void>();
  readonly #kept = new Map<number, { readonly logged: LoggedFrame; readonly payload: FramePayload }>();
  #keptLength = 0;
  #batch: LoggedFrame[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stop: (() => void) | undefined;
  #lastId = 0;

  constructor(frames: Tap<ObservedFrame>) {
    this.#frames = frames;
  }

  /** The messages so far, the oldest first. */
  list(): LoggedFrame[] {
    return [...this.#kept.values()].map(({ logged }) => logged);
  }

  payloadOf(id: number): FramePayload | undefined {
    return this.#kept.get(id)?.payload;
  }

  /** @returns how to stop following */
  follow(listener: (frames: readonly LoggedFrame[]) => void): () => void {
    this.#followers.add(listener);
    this.#stop ??= this.#frames.follow((frame) => this.#add(frame));
    return () => {
      this.#followers.delete(listener);
      if (this.#followers.size === 0) this.close();
    };
  }

  close(): void {
    this.#followers.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stop?.();
    this.#stop = undefined;
  }

  #add({ payload, ...frame }: ObservedFrame): void {
    const id = ++this.#lastId;
    const text = typeof payload === 'string' ? payload : payload.toString('hex').replaceAll(/../g, '$& ');
    const isShortened = text.length > KEPT_PAYLOAD;
    const logged: LoggedFrame = {
      id,
      at: Date.now(),
      ...frame,
      about: isShortened ? undefined : describePayload(frame.event, text),
    };
    const kept = { text: text.slice(0, KEPT_PAYLOAD), isShortened };
    this.#kept.set(id, { logged, payload: kept });
    this.#keptLength += kept.text.length;
    this.#forgetOldest();
    this.#batch.push(logged);
    if (this.#batch.length > KEPT) this.#batch.shift();
    this.#timer ??= setTimeout(() => this.#send(), BATCH_MS).unref();
  }

  #forgetOldest(): void {
    for (const [id, { payload }] of this.#kept) {
      if (this.#kept.size <= KEPT && this.#keptLength <= KEPT_PAYLOADS) return;
      this.#kept.delete(id);
      this.#keptLength -= payload.text.length;
    }
  }

  #send(): void {
    this.#timer = undefined;
    const batch = this.#batch;
    this.#batch = [];
    for (const follower of this.#followers) follower(batch);
  }
}

/** What a payload says in a few words; undefined where the event says all. */
function describePayload(event: string, text: string): string | undefined {
  const payload = parseJson(text);
  if (!isObject(payload)) return undefined;
  if (event === 'postgres_changes' && isObject(payload.data))
    return `${textOf(payload.data.type)} ${textOf(payload.data.schema)}.${textOf(payload.data.table)}`;
  if (event === 'phx_reply') return textOf(payload.status);
  if (event === 'system') return textOf(payload.message);
  return textOf(payload.event);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 200) : undefined;
}
