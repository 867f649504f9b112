// supabase/realtime v2.129.8 lib/realtime_web/channels/realtime_channel/{broadcast_handler,message_dispatcher}.ex
import { isObject } from '../../../shared/json.ts';
import type { Frame } from '../protocol/frame.ts';
import type { Serializer, UserBroadcast } from '../protocol/messages.ts';
import { runSafely } from '../run-safely.ts';
import { Presence, PresenceBudget } from './presence.ts';
import type { RateCounter } from './rate-counter.ts';
import type { Receiver } from './receiver.ts';

/** A broadcast to deliver to the receivers of a topic. */
export type Broadcast =
  | { readonly kind: 'json'; readonly payload: unknown; readonly text?: string }
  | { readonly kind: 'user'; readonly broadcast: UserBroadcast; readonly meta?: { readonly id: string } }
  | { readonly kind: 'binary'; readonly data: Buffer };

/** A topic's name (without `realtime:`) and kind: a public and a private topic of one name are separate. */
export interface TopicId {
  readonly name: string;
  readonly isPrivate: boolean;
}

/** The receivers that joined one topic, and their presences. */
export interface Topic extends TopicId {
  readonly receivers: Set<Receiver>;
  readonly presence: Presence<Receiver>;
}

const MAX_PRESENCE_CHARACTERS = 128 * 1024 * 1024;

/** All topics of the server, and the delivery to their receivers. */
export class Hub {
  readonly #topics = new Map<string, Topic>();
  readonly #events: RateCounter;
  readonly #presenceBudget = new PresenceBudget(MAX_PRESENCE_CHARACTERS);
  readonly #report: (error: unknown) => void;

  /**
   * @param events counts every delivery; above its limit the receivers of a broadcast are closed
   * @param report receives the errors of work that no message waits for
   */
  constructor(events: RateCounter, report: (error: unknown) => void) {
    this.#events = events;
    this.#report = report;
  }

  join({ name, isPrivate }: TopicId, receiver: Receiver): Topic {
    const key = topicKey(name, isPrivate);
    let topic = this.#topics.get(key);
    if (!topic) {
      const created: Topic = {
        name,
        isPrivate,
        receivers: new Set(),
        presence: new Presence(
          (diff) => runSafely(this.#report, () => sendPresenceDiff(created, diff)),
          this.#presenceBudget,
        ),
      };
      this.#topics.set(key, (topic = created));
    }
    topic.receivers.add(receiver);
    return topic;
  }

  leave(topic: Topic, receiver: Receiver): void {
    topic.receivers.delete(receiver);
    topic.presence.untrack(receiver);
    if (topic.receivers.size > 0) return;
    topic.presence.flush();
    this.#topics.delete(topicKey(topic.name, topic.isPrivate));
  }

  /**
   * Delivers to every receiver of the topic that may read it, except `sender`.
   *
   * @returns false when a receiver's protocol cannot carry the payload (not an object), which is the sender's fault
   */
  broadcast({ name, isPrivate }: TopicId, message: Broadcast, sender?: Receiver): boolean {
    const topic = this.#topics.get(topicKey(name, isPrivate));
    if (!topic) return true;
    const id = message.kind === 'user' ? message.meta?.id : readMessageId(message);
    const encode = memoizeByVersion((serializer) => encodeBroadcast(serializer, topic, message));
    const reached: Receiver[] = [];
    let isDeliverable = true;
    for (const receiver of topic.receivers) {
      if (receiver === sender || !receiver.mayReadBroadcast) continue;
      if (id !== undefined && receiver.hasReplayed(id)) continue;
      const frame = encode(receiver.link.serializer);
      if (frame === 'invalid') isDeliverable = false;
      else if (frame) receiver.link.write(frame);
      reached.push(receiver);
    }
    this.#events.add(reached.length);
    if (reached.length > 0 && this.#events.isExceeded()) {
      // After the sender has acknowledged the broadcast: Realtime's channels check the rate in a later message.
      queueMicrotask(() => {
        for (const receiver of reached)
          runSafely(this.#report, () => receiver.closeWithError('Too many messages per second'));
      });
    }
    return isDeliverable;
  }
}

function topicKey(name: string, isPrivate: boolean): string {
  return `${isPrivate ? 'private' : 'public'}:${name}`;
}

function sendPresenceDiff(topic: Topic, diff: string): void {
  if (topic.receivers.size === 0) return;
  const encode = memoizeByVersion((serializer) =>
    serializer.push(null, null, `realtime:${topic.name}`, 'presence_diff', diff),
  );
  for (const { mayReadPresence, link } of topic.receivers) {
    if (mayReadPresence) link.write(encode(link.serializer));
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

/** The id in `meta.id`, by which receivers skip a broadcast that replay has already sent them. */
function readMessageId(message: Broadcast): string | undefined {
  if (message.kind !== 'json' || !isObject(message.payload) || !isObject(message.payload.meta))
    return undefined;
  const { id } = message.payload.meta;
  return typeof id === 'string' ? id : undefined;
}

/** Encodes once per protocol version, regardless of the number of receivers. */
function memoizeByVersion<T>(encode: (serializer: Serializer) => T): (serializer: Serializer) => T {
  const frames = new Map<number, T>();
  return (serializer) => {
    if (!frames.has(serializer.version)) frames.set(serializer.version, encode(serializer));
    return frames.get(serializer.version) as T;
  };
}
