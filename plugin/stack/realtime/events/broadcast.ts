// supabase/realtime v2.129.8 lib/realtime_web/channels/realtime_channel/broadcast_handler.ex
import { CHANNEL_CRASH, type Channel } from '../connection/channel.ts';
import type { ClientMessage } from '../protocol/messages.ts';
import type { Realtime } from '../server.ts';
import type { Broadcast } from '../topics/hub.ts';
import { checkWritePolicies } from './write-policies.ts';

/** Handles event `broadcast`. Undefined when that needed no waiting. */
export function handleBroadcast(
  realtime: Realtime,
  channel: Channel,
  message: ClientMessage,
): Promise<void> | undefined {
  const check = checkWritePolicies(realtime.policies, channel);
  // Like Realtime: a broadcast whose policies cannot be checked is dropped.
  if (check) return check.then(() => broadcast(realtime, channel, message), realtime.reportFailure);
  broadcast(realtime, channel, message);
  return undefined;
}

function broadcast(realtime: Realtime, channel: Channel, message: ClientMessage): void {
  const { events, hub, settings } = realtime;
  const { config, policies, topic } = channel;
  // Without the right to write, a broadcast is dropped and never acknowledged.
  if (!topic) return;
  if (policies && !policies.broadcast.write) {
    reportDropped(realtime, channel, 'policy');
    return;
  }
  events.add(1);
  if (message.bytes > settings.maxPayloadBytes) {
    reportDropped(realtime, channel, `${message.bytes} bytes, of ${settings.maxPayloadBytes} at most`);
    if (config.ack) channel.reply(message, 'error', '"payload_size_exceeded"');
    return;
  }
  const isDelivered = hub.broadcast(topic, toBroadcast(message), config.self ? undefined : channel);
  if (!isDelivered) channel.fail(CHANNEL_CRASH);
  else if (config.ack) channel.reply(message, 'ok', '{}');
}

function reportDropped({ observations }: Realtime, { name, config, token }: Channel, reason: string): void {
  if (!observations.isActive) return;
  const { isPrivate } = config;
  observations.emit({ kind: 'realtime', event: 'broadcast-dropped', topic: name, isPrivate, reason, token });
}

function toBroadcast(message: ClientMessage): Broadcast {
  if (message.broadcast) return { kind: 'user', broadcast: message.broadcast };
  if (message.binary) return { kind: 'binary', data: message.binary };
  return { kind: 'json', payload: message.payload, text: message.payloadText };
}
