import type { ServerResponse } from 'node:http';

/** What a page can follow. */
export interface Followed<T> {
  /** What is kept, the oldest first. */
  list(): readonly T[];
  /** @returns how to stop following */
  follow(listener: (items: readonly T[]) => void): () => void;
}

// A page that does not read misses what comes meanwhile.
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** The server-sent events of open pages: lists of what is kept, then of what comes. */
export class EventStreams {
  readonly #open = new Set<ServerResponse>();

  open<T>(res: ServerResponse, followed: Followed<T>): void {
    res.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const send = (items: readonly T[]): void => {
      if (items.length > 0 && res.writableLength < MAX_UNREAD_BYTES)
        res.write(`data: ${JSON.stringify(items)}\n\n`);
    };
    res.write(': following\n\n');
    send(followed.list());
    const unfollow = followed.follow(send);
    this.#open.add(res);
    res.on('close', () => {
      this.#open.delete(res);
      unfollow();
    });
  }

  close(): void {
    for (const stream of this.#open) stream.end();
  }
}
