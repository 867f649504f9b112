/** What it takes to store a message. The id is made by whoever writes it. */
export interface NewMessage {
  readonly id: string;
  readonly channelId: string;
  readonly body: string;
  readonly replyTo: string | null;
  readonly mentions: readonly string[];
}

/** A message on its way. `waiting`: no connection, it will be tried again; `failed`: refused, the person decides. */
export interface OutgoingMessage extends NewMessage {
  readonly createdAt: string;
  readonly state: 'sending' | 'waiting' | 'failed';
  readonly error?: string;
}
