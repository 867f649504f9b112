/** As LoggedFrame of plugin/studio/frame-log.ts. */
export interface Frame {
  readonly id: number;
  readonly at: number;
  readonly socket: number;
  readonly direction: 'in' | 'out';
  readonly topic: string;
  readonly event: string;
  readonly about?: string;
  readonly bytes: number;
}

/** Heartbeats, and the replies to them, between two other messages. */
interface Heartbeats {
  readonly id: number;
  /** Of the latest one. */
  readonly at: number;
  readonly count: number;
}

export type FrameItem = Frame | Heartbeats;

export function isHeartbeats(item: FrameItem): item is Heartbeats {
  return 'count' in item;
}

/** The messages, the newest first, with one entry for heartbeats that follow each other. */
export function foldHeartbeats(frames: readonly Frame[]): FrameItem[] {
  const items: FrameItem[] = [];
  for (const frame of frames) {
    const last = items.at(-1);
    if (frame.topic !== 'phoenix') items.push(frame);
    else if (last && isHeartbeats(last))
      items[items.length - 1] = { ...last, id: frame.id, count: last.count + 1 };
    else items.push({ id: frame.id, at: frame.at, count: 1 });
  }
  return items;
}
