import type { Link } from '../protocol/link.ts';

/** A member of a topic, as the hub sees it: where broadcasts and presence go, and what the member may read. */
export interface Receiver {
  readonly link: Link;
  readonly mayReadBroadcast: boolean;
  readonly mayReadPresence: boolean;
  /** Whether the stored broadcast with this id was already sent to this member by replay. */
  hasReplayed(id: string): boolean;
  /** Removes the member from the topic and closes it with this system error. */
  closeWithError(message: string): void;
}
