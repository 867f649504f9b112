/**
 * Somebody is typing in a channel, or has it on screen. The database sets the user id (`send_signal`), not the
 * sender.
 */
export interface Signal {
  readonly userId: string;
  readonly channelId: string | null;
}

/** A typing signal always has a channel. */
export type TypingSignal = Signal & { readonly channelId: string };

export function isTypingSignal(payload: unknown): payload is TypingSignal {
  return isSignal(payload) && payload.channelId !== null;
}

export function isSignal(payload: unknown): payload is Signal {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'userId' in payload &&
    typeof payload.userId === 'string' &&
    'channelId' in payload &&
    (typeof payload.channelId === 'string' || payload.channelId === null)
  );
}
