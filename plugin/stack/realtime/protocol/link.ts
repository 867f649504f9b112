import type { Frame } from './frame.ts';
import type { Serializer } from './messages.ts';

/** The writing side of one client's connection. Channels of one socket share one link. */
export interface Link {
  readonly serializer: Serializer;
  /** Bytes that the client has not read yet. */
  readonly bufferedBytes: number;
  /** Writes a complete frame; does nothing once the connection is closed. */
  write(frame: Frame): void;
  /** Resolves when the client has read everything; a client that does not within `timeoutMs` is disconnected. */
  drain(timeoutMs: number): Promise<void>;
}
