import type { ChangeBinding } from '../changes/bindings.ts';
import type { Broadcast, Topic } from '../topics/hub.ts';
import type { JoinConfig } from '../events/join-config.ts';
import type { Realtime } from '../server.ts';
import { isObject, type ClientMessage, type Ref } from '../protocol/messages.ts';
import { handlePresence, PresenceCallLimit } from '../events/presence.ts';
import type { Policies } from '../access/policies.ts';
import { replaceToken } from '../events/access-token.ts';
import type { ClientSocket } from './socket.ts';
import type { ChannelClaims } from '../access/tokens.ts';

const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a client joined: one topic on one socket, with a token and what it may do. */
export class Channel {
  readonly realtime: Realtime;
  readonly socket: ClientSocket;
  /** With `realtime:`, as on the wire. */
  readonly topicName: string;
  /** Without `realtime:`. */
  readonly name: string;
  readonly joinRef: Ref;
  readonly config: JoinConfig;
  readonly presenceCalls: PresenceCallLimit;
  readonly bindings: readonly ChangeBinding[];
  token: string;
  claims: ChannelClaims;
  /** Undefined on a public topic. */
  policies: Policies | undefined;
  /** Ids of messages that this channel had by replay. */
  replayed: ReadonlySet<string> | undefined;
  /** The payload being tracked, as JSON. */
  tracked: string | undefined;
  isPresenceEnabled: boolean;
  #topic: Topic | undefined;
  #expiry: NodeJS.Timeout | undefined;

  constructor(
    realtime: Realtime,
    socket: ClientSocket,
    join: {
      topicName: string;
      joinRef: Ref;
      config: JoinConfig;
      bindings: readonly ChangeBinding[];
      token: string;
      claims: ChannelClaims;
      policies: Policies | undefined;
    },
  ) {
    this.realtime = realtime;
    this.socket = socket;
    this.topicName = join.topicName;
    this.name = join.topicName.slice('realtime:'.length);
    this.joinRef = join.joinRef;
    this.config = join.config;
    this.bindings = join.bindings;
    this.token = join.token;
    this.claims = join.claims;
    this.policies = join.policies;
    this.isPresenceEnabled = join.config.presenceEnabled;
    this.presenceCalls = new PresenceCallLimit(realtime.settings.maxPresenceCalls);
  }

  /** The topic it is in; undefined once it has left. */
  get topic(): Topic | undefined {
    return this.#topic;
  }

  get mayReadBroadcast(): boolean {
    return !this.policies || this.policies.broadcast.read === true;
  }

  get mayReadPresence(): boolean {
    return !this.policies || this.policies.presence.read === true;
  }

  enter(): void {
    this.#topic = this.realtime.hub.join(this);
    this.socket.channels.set(this.topicName, this);
    this.watchExpiry();
  }

  /** Undoes `enter`, without a word to the client. */
  leave(): void {
    clearTimeout(this.#expiry);
    if (!this.#topic) return;
    const topic = this.#topic;
    this.#topic = undefined;
    if (this.socket.channels.get(this.topicName) === this) this.socket.channels.delete(this.topicName);
    this.realtime.changes.unsubscribe(this);
    this.realtime.hub.leave(topic, this);
  }

  /** Tells why, and closes the channel; the socket stays. */
  shutDown(message: string): void {
    if (!this.#topic) return;
    this.sendSystem('system', 'error', message);
    this.leave();
    this.sendClose();
  }

  /** The channel fails: an official client joins again by itself. */
  fail(reason: string): void {
    if (!this.#topic) return;
    this.leave();
    this.#push(this.joinRef, 'phx_error', JSON.stringify({ reason }));
  }

  sendClose(): void {
    this.#push(this.joinRef, 'phx_close', '{}');
  }

  sendSystem(extension: 'system' | 'postgres_changes', status: 'ok' | 'error', message: string): void {
    this.push('system', JSON.stringify({ message, status, extension, channel: this.name }));
  }

  /** A message that belongs to this join. `payload` is JSON text. */
  push(event: string, payload: string): void {
    this.#push(null, event, payload);
  }

  reply(message: ClientMessage, status: 'ok' | 'error', response: string): void {
    const { joinRef, ref } = message;
    this.socket.write(this.socket.serializer.reply(joinRef, ref, this.topicName, status, response));
  }

  /** Undefined when it was handled at once. */
  handle(message: ClientMessage): Promise<void> | undefined {
    switch (message.event) {
      case 'broadcast':
        return this.#handleBroadcast(message);
      case 'presence':
        return handlePresence(this, message);
      case 'access_token':
        return replaceToken(this, isObject(message.payload) ? message.payload.access_token : undefined);
      default:
        // As Supabase Realtime: unknown events are counted and otherwise ignored.
        this.realtime.events.add(1);
        return undefined;
    }
  }

  /** Asks the write policies once per token; undefined when they are known. */
  checkWritePolicies(): Promise<void> | undefined {
    const policies = this.policies;
    if (!policies || policies.broadcast.write !== undefined) return undefined;
    return this.#askWritePolicies(policies);
  }

  /** Closes the channel when its token expires. */
  watchExpiry(): void {
    clearTimeout(this.#expiry);
    const remaining = this.claims.exp * 1000 - Date.now();
    this.#expiry = setTimeout(() => this.#checkExpiry(), Math.min(Math.max(remaining, 0), MAX_TIMER_MS));
    this.#expiry.unref();
  }

  #checkExpiry(): void {
    const late = Math.floor(Date.now() / 1000) - this.claims.exp;
    if (late < 0) this.watchExpiry();
    else this.shutDown(`Token has expired ${late} seconds ago`);
  }

  async #askWritePolicies(policies: Policies): Promise<void> {
    const { claims, name: topic } = this;
    const write = await this.realtime.policies.write({ topic, claims, headers: this.socket.headers });
    this.policies = {
      broadcast: { ...policies.broadcast, write: write.broadcast },
      presence: { ...policies.presence, write: write.presence },
    };
  }

  #handleBroadcast(message: ClientMessage): Promise<void> | undefined {
    const check = this.checkWritePolicies();
    if (check) return check.then(() => this.#broadcast(message));
    this.#broadcast(message);
    return undefined;
  }

  #broadcast(message: ClientMessage): void {
    // Without the right to write: dropped without an answer, even if one was asked for.
    if (!this.#topic || (this.policies && !this.policies.broadcast.write)) return;
    this.realtime.events.add(1);
    if (message.bytes > this.realtime.settings.maxPayloadBytes) {
      if (this.config.ack) this.reply(message, 'error', '"payload_size_exceeded"');
      return;
    }
    const sender = this.config.self ? undefined : this;
    const isDelivered = this.realtime.hub.broadcast(
      this.name,
      this.config.isPrivate,
      toBroadcast(message),
      sender,
    );
    if (!isDelivered) this.fail('channel_crash');
    else if (this.config.ack) this.reply(message, 'ok', '{}');
  }

  #push(ref: Ref, event: string, payload: string): void {
    this.socket.write(this.socket.serializer.push(this.joinRef, ref, this.topicName, event, payload));
  }
}

function toBroadcast(message: ClientMessage): Broadcast {
  if (message.broadcast) return { kind: 'user', broadcast: message.broadcast };
  if (message.binary) return { kind: 'binary', data: message.binary };
  return { kind: 'json', payload: message.payload, text: message.payloadText };
}
