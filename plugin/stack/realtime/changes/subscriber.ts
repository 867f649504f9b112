import type { ChannelClaims } from '../access/tokens.ts';
import type { Link } from '../protocol/link.ts';
import type { ChangeBinding } from './bindings.ts';

/** A channel that may subscribe to changes. */
export interface ChangeSubscriber {
  readonly link: Link;
  /** With `realtime:`, as on the wire. */
  readonly topicName: string;
  /** What it subscribes to; none for a channel without `postgres_changes`. */
  readonly bindings: readonly ChangeBinding[];
  /** Claims of its current token. */
  readonly claims: ChannelClaims;
  /** Changes are sent under their type as event name, without ids. */
  readonly isOldApi: boolean;
  /** False once it has left its topic; it then receives nothing more. */
  readonly isJoined: boolean;
  sendSystem(extension: 'postgres_changes', status: 'ok' | 'error', message: string): void;
  /** Ends the channel so that the client rejoins and reads again what it may have missed. */
  fail(reason: string): void;
}
