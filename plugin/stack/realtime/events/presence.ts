import type { Channel } from '../connection/channel.ts';
import { isObject, type ClientMessage } from '../protocol/messages.ts';

const WINDOW_MS = 30_000;

/** Presence calls of one channel: a fixed number per window of 30 seconds, as Supabase Realtime limits a client. */
export class PresenceCallLimit {
  readonly #maxCalls: number;
  #count = 0;
  #windowEnd = 0;

  constructor(maxCalls: number) {
    this.#maxCalls = maxCalls;
  }

  /** False when the call is one too many. */
  allow(now: number = performance.now()): boolean {
    if (now > this.#windowEnd) {
      this.#windowEnd = now + WINDOW_MS;
      this.#count = 0;
    }
    if (this.#count >= this.#maxCalls) return false;
    this.#count++;
    return true;
  }
}

/** Handles event `presence`: `{event: "track" | "untrack", payload}`. Undefined when it was handled at once. */
export function handlePresence(channel: Channel, message: ClientMessage): Promise<void> | undefined {
  if (!isObject(message.payload) || typeof message.payload.event !== 'string') {
    channel.reply(message, 'ok', '{}');
    return undefined;
  }
  if (!channel.presenceCalls.allow()) {
    channel.shutDown('Client presence rate limit exceeded');
    return undefined;
  }
  const { payload = {} } = message.payload;
  switch (message.payload.event.toLowerCase()) {
    case 'track':
      return handleTrack(channel, message, payload);
    case 'untrack':
      channel.tracked = undefined;
      channel.topic?.presence.untrack(channel);
      channel.reply(message, 'ok', '{}');
      return undefined;
    default:
      channel.reply(message, 'error', '{}');
      return undefined;
  }
}

function handleTrack(channel: Channel, message: ClientMessage, payload: unknown): Promise<void> | undefined {
  if (channel.policies && channel.policies.presence.write === undefined) {
    return authorize(channel).then(
      () => track(channel, message, payload),
      () => channel.reply(message, 'error', '{}'),
    );
  }
  track(channel, message, payload);
  return undefined;
}

/** Tracking enables presence on a channel that was joined without it: reading has then not been asked yet. */
async function authorize(channel: Channel): Promise<void> {
  const { policies, claims, name: topic } = channel;
  if (policies?.presence.read === undefined) {
    const question = { topic, claims, headers: channel.socket.headers };
    const { presence } = await channel.realtime.policies.read(question, ['presence']);
    channel.policies = { broadcast: { ...policies?.broadcast }, presence };
  }
  await channel.checkWritePolicies();
}

function track(channel: Channel, message: ClientMessage, payload: unknown): void {
  if (channel.policies && !channel.policies.presence.write) {
    channel.reply(message, 'error', '{}');
    return;
  }
  if (!isObject(payload)) {
    channel.reply(message, 'error', '{"reason":"Presence track payload must be a map"}');
    return;
  }
  if (message.bytes > channel.realtime.settings.maxPayloadBytes) {
    channel.shutDown('Track message size exceeded');
    return;
  }
  const json = JSON.stringify(payload);
  // The same payload again changes nothing and is told to nobody.
  if (channel.tracked !== json) {
    channel.tracked = json;
    channel.isPresenceEnabled = true;
    channel.topic?.presence.track(channel, channel.config.presenceKey, payload);
  }
  channel.reply(message, 'ok', '{}');
}
