/** Something on its way to the server. `waiting`: no connection, it is tried again; `failed`: refused, the person decides. */
export interface Queued {
  readonly id: string;
  readonly channelId: string;
  readonly createdAt: string;
  readonly state: 'sending' | 'waiting' | 'failed';
  /** Why it failed, for people. */
  readonly error?: string;
}
