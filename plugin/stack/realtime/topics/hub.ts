import type { Channel } from '../connection/channel.ts';
import { Presence, type PresenceDiff } from './presence.ts';
import type { Frame } from '../protocol/frame.ts';
import { isObject, type Serializer, type UserBroadcast } from '../protocol/messages.ts';
import type { RateCounter } from './rate-counter.ts';

/** A broadcast on its way to the channels of a topic. */
export type Broadcast =
  | { readonly kind: 'json'; readonly payload: unknown; readonly text?: string }
  | { readonly kind: 'user'; readonly broadcast: UserBroadcast; readonly meta?: { readonly id: string } }
  | { readonly kind: 'binary'; readonly data: Buffer };

/** The channels that joined one name; a public and a private topic of one name have nothing in common. */
export interface Topic {
  readonly name: string;
  readonly isPrivate: boolean;
  readonly channels: Set<Channel>;
  readonly presence: Presence<Channel>;
}

/** All topics of the server, and the delivery to their channels. */
export class Hub {
  readonly #topics = new Map<string, Topic>();
  readonly #events: RateCounter;

  constructor(events: RateCounter) {
    this.#events = events;
  }

  join(channel: Channel): Topic {
    const key = topicKey(channel.name, channel.config.isPrivate);
    let topic = this.#topics.get(key);
    if (!topic) {
      const created: Topic = {
        name: channel.name,
        isPrivate: channel.config.isPrivate,
        channels: new Set(),
        presence: new Presence((diff) => sendPresenceDiff(created, diff)),
      };
      this.#topics.set(key, (topic = created));
    }
    topic.channels.add(channel);
    return topic;
  }

  leave(topic: Topic, channel: Channel): void {
    topic.channels.delete(channel);
    topic.presence.untrack(channel);
    if (topic.channels.size > 0) return;
    topic.presence.flush();
    this.#topics.delete(topicKey(topic.name, topic.isPrivate));
  }

  /**
   * Delivers to every channel of the topic that may read it, but not to `sender`.
   *
   * @returns false when a channel's protocol cannot carry the payload (it is no object), which is the sender's fault
   */
  broadcast(name: string, isPrivate: boolean, message: Broadcast, sender?: Channel): boolean {
    const topic = this.#topics.get(topicKey(name, isPrivate));
    if (!topic) return true;
    const id = message.kind === 'user' ? message.meta?.id : readMessageId(message);
    const encode = memoizeByVersion((serializer) => encodeBroadcast(serializer, topic, message));
    const receivers: Channel[] = [];
    let isDeliverable = true;
    for (const channel of topic.channels) {
      if (channel === sender || !channel.mayReadBroadcast) continue;
      if (id !== undefined && channel.replayed?.has(id)) continue;
      const frame = encode(channel.socket.serializer);
      if (frame === 'invalid') isDeliverable = false;
      else if (frame) channel.socket.write(frame);
      receivers.push(channel);
    }
    this.#events.add(receivers.length);
    if (receivers.length > 0 && this.#events.isExceeded()) {
      for (const channel of receivers) channel.shutDown('Too many messages per second');
    }
    return isDeliverable;
  }
}

function topicKey(name: string, isPrivate: boolean): string {
  return `${isPrivate ? 'private' : 'public'}:${name}`;
}

function sendPresenceDiff(topic: Topic, diff: PresenceDiff): void {
  if (topic.channels.size === 0) return;
  const payload = JSON.stringify(diff);
  const encode = memoizeByVersion((serializer) =>
    serializer.push(null, null, `realtime:${topic.name}`, 'presence_diff', payload),
  );
  for (const channel of topic.channels) {
    if (channel.mayReadPresence) channel.socket.write(encode(channel.socket.serializer));
  }
}

function encodeBroadcast(
  serializer: Serializer,
  topic: Topic,
  message: Broadcast,
): Frame | undefined | 'invalid' {
  const name = `realtime:${topic.name}`;
  if (message.kind === 'user') {
    return serializer.userBroadcast(name, message.broadcast, message.meta && JSON.stringify(message.meta));
  }
  if (message.kind === 'binary') return serializer.binaryBroadcast(name, 'broadcast', message.data);
  if (serializer.version === 2 && !isObject(message.payload)) return 'invalid';
  return serializer.push(null, null, name, 'broadcast', message.text ?? JSON.stringify(message.payload));
}

/** A broadcast that names its id (`meta.id`) is not delivered again to those who had it by replay. */
function readMessageId(message: Broadcast): string | undefined {
  if (message.kind !== 'json' || !isObject(message.payload) || !isObject(message.payload.meta))
    return undefined;
  const { id } = message.payload.meta;
  return typeof id === 'string' ? id : undefined;
}

/** One encoding per version of the protocol, however many receivers. */
function memoizeByVersion<T>(encode: (serializer: Serializer) => T): (serializer: Serializer) => T {
  const frames = new Map<number, T>();
  return (serializer) => {
    if (!frames.has(serializer.version)) frames.set(serializer.version, encode(serializer));
    return frames.get(serializer.version) as T;
  };
}
