import { isObject } from '../../../shared/json.ts';
import type { Channel } from '../connection/channel.ts';
import type { ClientSocket } from '../connection/socket.ts';
import type { ClientMessage } from '../protocol/messages.ts';
import type { Realtime } from '../server.ts';
import { replaceToken } from './access-token.ts';
import { handleBroadcast } from './broadcast.ts';
import { joinChannel } from './join.ts';
import { handlePresence } from './presence.ts';

/** Handles one message of a client; undefined when that needed no waiting. */
export function dispatch(
  realtime: Realtime,
  socket: ClientSocket,
  message: ClientMessage,
): Promise<void> | undefined {
  const { joinRef, ref, topic, event } = message;
  const { serializer } = socket;
  if (topic === 'phoenix' && event === 'heartbeat') {
    socket.write(serializer.reply(null, ref, topic, 'ok', '{}'));
    return undefined;
  }
  const channel = socket.channels.get(topic);
  if (event === 'phx_join' && topic.startsWith('realtime:')) {
    return joinChannel(realtime, socket, message, channel);
  }
  if (event === 'phx_leave') {
    channel?.leave();
    socket.write(serializer.reply(joinRef, ref, topic, 'ok', '{}'));
    channel?.sendClose();
    return undefined;
  }
  if (channel) return dispatchToChannel(realtime, socket, channel, message);
  socket.write(serializer.reply(null, ref, topic, 'error', '{"reason":"unmatched topic"}'));
  return undefined;
}

function dispatchToChannel(
  realtime: Realtime,
  { client }: ClientSocket,
  channel: Channel,
  message: ClientMessage,
): Promise<void> | undefined {
  switch (message.event) {
    case 'broadcast':
      return handleBroadcast(realtime, channel, message);
    case 'presence':
      return handlePresence(realtime, channel, message);
    case 'access_token':
      return replaceToken(
        realtime,
        channel,
        isObject(message.payload) ? message.payload.access_token : undefined,
        client.verifyToken,
      );
    default:
      // Like Realtime: unknown events count towards the rate limit and are otherwise ignored.
      realtime.events.add(1);
      return undefined;
  }
}
