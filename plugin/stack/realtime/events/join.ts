// supabase/realtime v2.129.8 lib/realtime_web/channels/realtime_channel.ex (`join`)
import { isObject } from '../../../shared/json.ts';
import { describeFailure, readPolicies, unauthorized } from '../access/authorization.ts';
import type { Policies } from '../access/policies.ts';
import { TokenError } from '../access/tokens.ts';
import { parseBindings } from '../changes/bindings.ts';
import { Channel, CHANNEL_CRASH } from '../connection/channel.ts';
import type { ClientSocket } from '../connection/socket.ts';
import type { ClientMessage } from '../protocol/messages.ts';
import { runSafely } from '../run-safely.ts';
import type { Realtime } from '../server.ts';
import { encodeReplayed, readReplayRequest, ReplayError, type ReplayedMessage } from '../stored/replay.ts';
import { PresenceCallLimit } from '../topics/presence-call-limit.ts';
import { JoinPayloadError, readJoinConfig, type JoinConfig } from './join-config.ts';

/** A refused join; `message` is sent to the client as `reason`. */
class JoinError extends Error {
  override readonly name = 'JoinError';
}

/**
 * Handles `phx_join` on a topic `realtime:…`. Replaces a channel of the same topic on the same socket.
 *
 * Realtime answers a refused join after five seconds, during which the whole socket is blocked. This throttle is not
 * emulated.
 */
export async function joinChannel(
  realtime: Realtime,
  socket: ClientSocket,
  message: ClientMessage,
  existing: Channel | undefined,
): Promise<void> {
  existing?.leave();
  socket.joining++;
  try {
    await enterChannel(realtime, socket, message);
  } catch (error) {
    const reason = describeJoinFailure(error);
    if (reason === undefined) realtime.reportFailure(error);
    else reportRefusal(realtime, socket, message, reason);
    // One that had already entered its topic.
    socket.channels.get(message.topic)?.fail(CHANNEL_CRASH);
    const response = JSON.stringify({ reason: reason ?? 'Unknown Error on Channel' });
    socket.write(socket.serializer.reply(message.joinRef, message.ref, message.topic, 'error', response));
    if (reason === TOO_MANY_JOINS) socket.close(1000);
  } finally {
    socket.joining--;
  }
  existing?.sendClose();
}

function reportRefusal(
  { observations }: Realtime,
  { client }: ClientSocket,
  { payload, topic }: ClientMessage,
  reason: string,
): void {
  if (!observations.isActive) return;
  const name = topic.slice('realtime:'.length);
  const config = isObject(payload) && isObject(payload.config) ? payload.config : {};
  const sent = isObject(payload) ? payload.access_token : undefined;
  observations.emit({
    kind: 'realtime',
    event: 'join-refused',
    topic: name,
    isPrivate: config.private === true,
    reason,
    token: typeof sent === 'string' && !sent.startsWith('sb_') ? sent : client.token,
  });
}

const TOO_MANY_JOINS = 'ClientJoinRateLimitReached: Too many joins per second';

async function enterChannel(realtime: Realtime, socket: ClientSocket, message: ClientMessage): Promise<void> {
  const name = message.topic.slice('realtime:'.length);
  if (name === '') throw new JoinError('TopicNameRequired: You must provide a topic name');
  const config = readJoinConfig(message.payload, name);
  checkLimits(realtime, socket, config);
  const { headers } = socket.client;
  const token = config.accessToken ?? socket.client.token;
  const claims = await socket.client.verifyToken(token);
  const policies = config.isPrivate
    ? await readPolicies(realtime.policies, { topic: name, claims, headers }, config.presenceEnabled)
    : undefined;
  const replayed = await readReplayed(realtime, name, config, policies);
  await realtime.databaseBroadcasts.whenReady();
  if (!socket.isOpen) return;

  const channel: Channel = new Channel({
    link: socket,
    hub: realtime.hub,
    topicName: message.topic,
    joinRef: message.joinRef,
    config,
    bindings: parseBindings(config.postgresChanges),
    headers,
    token,
    claims,
    policies,
    replayedIds: new Set(replayed.map(({ id }) => id)),
    presenceCalls: new PresenceCallLimit(realtime.settings.maxPresenceCalls),
    onLeave: () => {
      if (socket.channels.get(message.topic) === channel) socket.channels.delete(message.topic);
      realtime.changes.unsubscribe(channel);
    },
    onRefused: (reason) => {
      const { isPrivate } = config;
      const at = { kind: 'realtime', event: 'channel-closed', topic: name, isPrivate } as const;
      realtime.observations.emit({ ...at, reason, token: channel.token });
    },
    onError: realtime.reportFailure,
  });
  socket.channels.set(message.topic, channel);
  channel.enter();
  sendJoined(channel, message, replayed);
  if (config.replicationReady) {
    runSafely(realtime.reportFailure, () => announceReplication(realtime, channel));
  }
  runSafely(realtime.reportFailure, () => realtime.changes.subscribe(channel));
}

/** Sends the reply to the join, then the presence state, then the replayed broadcasts. */
function sendJoined(channel: Channel, message: ClientMessage, replayed: readonly ReplayedMessage[]): void {
  const { bindings, config, link, joinRef, topicName } = channel;
  const response = { postgres_changes: bindings.map(({ params, id }) => ({ ...params, id })) };
  channel.reply(message, 'ok', JSON.stringify(response));
  if (config.presenceEnabled && channel.mayReadPresence && channel.topic) {
    channel.push('presence_state', channel.topic.presence.state());
  }
  for (const row of replayed) {
    const frame = encodeReplayed(row, link.serializer, joinRef, topicName);
    if (frame) link.write(frame);
  }
}

/** Answers `replication_ready`: broadcasts from the database arrive from now on, or cannot. */
async function announceReplication({ databaseBroadcasts }: Realtime, channel: Channel): Promise<void> {
  if (await databaseBroadcasts.whenConnected()) {
    channel.sendSystem('system', 'ok', 'Replication connection established');
  } else {
    channel.closeWithError('Replication connection was not established in time');
  }
}

function checkLimits(realtime: Realtime, socket: ClientSocket, config: JoinConfig): void {
  const { settings, sockets, joins } = realtime;
  if (settings.isPrivateOnly && !config.isPrivate) {
    throw new JoinError('PrivateOnly: This project only allows private channels');
  }
  if (socket.channels.size === 0) {
    const users = [...sockets].filter((other) => other.channels.size > 0).length;
    if (users >= settings.maxConcurrentUsers) {
      throw new JoinError('ConnectionRateLimitReached: Too many connected users');
    }
  }
  if (joins.isExceeded()) throw new JoinError(TOO_MANY_JOINS);
  joins.add(1);
  if (socket.channels.size + socket.joining > settings.maxChannelsPerSocket) {
    throw new JoinError('ChannelRateLimitReached: Too many channels');
  }
}

async function readReplayed(
  realtime: Realtime,
  name: string,
  config: JoinConfig,
  policies: Policies | undefined,
): Promise<readonly ReplayedMessage[]> {
  const request = readReplayRequest(config);
  if (!request) return [];
  if (!policies?.broadcast.read) throw unauthorized(name);
  return realtime.replay.read(name, request);
}

/** Undefined for an error that the client did not cause. */
function describeJoinFailure(error: unknown): string | undefined {
  if (error instanceof JoinError || error instanceof JoinPayloadError) return error.message;
  if (error instanceof TokenError) return `${error.code}: ${error.message}`;
  if (error instanceof ReplayError) return `UnableToReplayMessages: ${error.message}`;
  const { code, message } = describeFailure(error);
  return code === undefined ? undefined : `${code}: ${message}`;
}
