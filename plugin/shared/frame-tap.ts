/** A message of a Realtime socket, as it crossed the wire. */
export interface ObservedFrame {
  /** The socket, counted from 1 in the order of connecting. */
  readonly socket: number;
  /** `in`: from the client. */
  readonly direction: 'in' | 'out';
  /** As on the wire, such as `realtime:room`; `phoenix` for heartbeats. */
  readonly topic: string;
  readonly event: string;
  readonly bytes: number;
  /** JSON, or the bytes of a binary broadcast. */
  readonly payload: string | Buffer;
}

export type FrameListener = (frame: ObservedFrame) => void;

/** The messages of Realtime's sockets. Emitting never throws; while nobody follows, nothing is built. */
export class FrameTap {
  readonly #listeners = new Set<FrameListener>();

  get isFollowed(): boolean {
    return this.#listeners.size > 0;
  }

  /** @returns how to stop following */
  follow(listener: FrameListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(frame: ObservedFrame): void {
    for (const listener of this.#listeners) {
      try {
        listener(frame);
      } catch {
        // Whoever looks must not disturb what it looks at.
      }
    }
  }
}
