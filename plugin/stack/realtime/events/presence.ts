// supabase/realtime v2.129.8 lib/realtime_web/channels/realtime_channel/presence_handler.ex
import { isObject } from '../../../shared/json.ts';
import type { PolicyChecker } from '../access/policies.ts';
import type { Channel } from '../connection/channel.ts';
import type { ClientMessage } from '../protocol/messages.ts';
import type { Realtime } from '../server.ts';
import { checkWritePolicies } from './write-policies.ts';

const TOO_LARGE = 'Track message size exceeded';

/** Handles event `presence`: `{event: "track" | "untrack", payload}`. Undefined when that needed no waiting. */
export function handlePresence(
  realtime: Realtime,
  channel: Channel,
  message: ClientMessage,
): Promise<void> | undefined {
  if (!isObject(message.payload) || typeof message.payload.event !== 'string') {
    channel.reply(message, 'ok', '{}');
    return undefined;
  }
  if (!channel.presenceCalls.allow()) {
    channel.closeWithError('Client presence rate limit exceeded');
    return undefined;
  }
  const { payload = {} } = message.payload;
  switch (message.payload.event.toLowerCase()) {
    case 'track':
      return handleTrack(realtime, channel, message, payload);
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

function handleTrack(
  { policies, settings }: Realtime,
  channel: Channel,
  message: ClientMessage,
  payload: unknown,
): Promise<void> | undefined {
  if (channel.policies && channel.policies.presence.write === undefined) {
    return checkPolicies(policies, channel).then(
      () => track(channel, message, payload, settings.maxPayloadBytes),
      () => channel.reply(message, 'error', '{}'),
    );
  }
  track(channel, message, payload, settings.maxPayloadBytes);
  return undefined;
}

/** Also checks the read policy: a channel that was joined without presence enables it by tracking. */
async function checkPolicies(checker: PolicyChecker, channel: Channel): Promise<void> {
  const { policies } = channel;
  if (policies?.presence.read === undefined) {
    const { presence } = await checker.read(channel.policyQuestion(), ['presence']);
    channel.policies = { broadcast: { ...policies?.broadcast }, presence };
  }
  await checkWritePolicies(checker, channel);
}

function track(channel: Channel, message: ClientMessage, payload: unknown, maxBytes: number): void {
  if (channel.policies && !channel.policies.presence.write) {
    channel.reply(message, 'error', '{}');
    return;
  }
  if (!isObject(payload)) {
    channel.reply(message, 'error', '{"reason":"Presence track payload must be a map"}');
    return;
  }
  if (message.bytes > maxBytes) {
    channel.closeWithError(TOO_LARGE);
    return;
  }
  const json = JSON.stringify(payload);
  // Tracking the same payload again changes nothing and publishes no diff.
  if (channel.tracked !== json) {
    // Where all presences take more memory than this server has for them.
    if (channel.topic?.presence.track(channel, channel.config.presenceKey, payload) === false) {
      channel.closeWithError(TOO_LARGE);
      return;
    }
    channel.tracked = json;
    channel.isPresenceEnabled = true;
  }
  channel.reply(message, 'ok', '{}');
}
