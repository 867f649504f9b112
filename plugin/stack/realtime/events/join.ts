import { describeFailure, readPolicies, unauthorized } from '../access/authorization.ts';
import { parseBindings } from '../changes/bindings.ts';
import { Channel } from '../connection/channel.ts';
import { JoinPayloadError, readJoinConfig, type JoinConfig } from './join-config.ts';
import type { Policies } from '../access/policies.ts';
import type { ClientMessage } from '../protocol/messages.ts';
import { encodeReplayed, readReplayRequest, ReplayError, type ReplayedMessage } from '../stored/replay.ts';
import type { Realtime } from '../server.ts';
import type { ClientSocket } from '../connection/socket.ts';
import { TokenError, verifyToken } from '../access/tokens.ts';

/** A join that is refused; `message` is the `reason` that the client is told. */
class JoinError extends Error {
  override readonly name = 'JoinError';
}

/**
 * Handles `phx_join` on a topic `realtime:…`. A channel of the same topic on the same socket is replaced.
 *
 * Supabase Realtime answers a refused join after five seconds during which the whole socket stands still; that throttle
 * is left out.
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
    const response = JSON.stringify({ reason: reason ?? 'Unknown Error on Channel' });
    socket.write(socket.serializer.reply(message.joinRef, message.ref, message.topic, 'error', response));
    if (reason === TOO_MANY_JOINS) socket.close(1000);
  }
  socket.joining--;
  existing?.sendClose();
}

const TOO_MANY_JOINS = 'ClientJoinRateLimitReached: Too many joins per second';

async function enterChannel(realtime: Realtime, socket: ClientSocket, message: ClientMessage): Promise<void> {
  const name = message.topic.slice('realtime:'.length);
  if (name === '') throw new JoinError('TopicNameRequired: You must provide a topic name');
  const config = readJoinConfig(message.payload, name);
  checkLimits(realtime, socket, config);
  const token = config.accessToken ?? socket.token;
  const claims = await verifyToken(realtime.jwt, token);
  const question = { topic: name, claims, headers: socket.headers };
  const policies = config.isPrivate
    ? await readPolicies(realtime, question, config.presenceEnabled)
    : undefined;
  const replayed = await replay(realtime, name, config, policies);
  await realtime.databaseBroadcasts.whenReady();
  if (!socket.isOpen) return;

  const bindings = parseBindings(config.postgresChanges);
  const channel = new Channel(realtime, socket, {
    topicName: message.topic,
    joinRef: message.joinRef,
    config,
    bindings,
    token,
    claims,
    policies,
  });
  channel.replayed = replayed && new Set(replayed.map(({ id }) => id));
  channel.enter();
  const response = { postgres_changes: bindings.map(({ params, id }) => ({ ...params, id })) };
  channel.reply(message, 'ok', JSON.stringify(response));
  if (config.presenceEnabled && channel.mayReadPresence && channel.topic) {
    channel.push('presence_state', JSON.stringify(channel.topic.presence.state()));
  }
  for (const message of replayed ?? []) {
    const frame = encodeReplayed(message, channel);
    if (frame) socket.write(frame);
  }
  if (config.replicationReady) realtime.databaseBroadcasts.announce(channel);
  void realtime.changes.subscribe(channel).catch((error: unknown) => realtime.reportFailure(error));
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

async function replay(
  realtime: Realtime,
  name: string,
  config: JoinConfig,
  policies: Policies | undefined,
): Promise<readonly ReplayedMessage[] | undefined> {
  const request = readReplayRequest(config);
  if (!request) return undefined;
  if (!policies?.broadcast.read) {
    throw unauthorized(name);
  }
  return realtime.replay.read(name, request);
}

/** Undefined for what is not the client's doing. */
function describeJoinFailure(error: unknown): string | undefined {
  if (error instanceof JoinError || error instanceof JoinPayloadError) return error.message;
  if (error instanceof TokenError) return `${error.code}: ${error.message}`;
  if (error instanceof ReplayError) return `UnableToReplayMessages: ${error.message}`;
  const { code, message } = describeFailure(error);
  return code === undefined ? undefined : `${code}: ${message}`;
}
