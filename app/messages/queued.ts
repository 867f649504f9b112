/**
 * Something the server does not have yet. `waiting`: no connection, retried automatically; `failed`: refused, the
 * user decides.
 */
export interface Queued {
  readonly id: string;
  readonly channelId: string;
  readonly createdAt: string;
  readonly state: 'sending' | 'waiting' | 'failed';
  /** Why it failed, as a message for the user. */
  readonly error?: string;
}
