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

/** A line that an edge function printed. */
export interface ObservedOutput {
  readonly slug: string;
  readonly level: 'error' | 'warning' | 'info';
  readonly text: string;
}
