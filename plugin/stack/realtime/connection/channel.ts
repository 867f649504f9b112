// supabase/realtime v2.129.8 lib/realtime_web/channels/realtime_channel.ex
import type { Policies, PolicyQuestion } from '../access/policies.ts';
import type { ChannelClaims } from '../access/tokens.ts';
import type { ChangeBinding } from '../changes/bindings.ts';
import type { ChangeSubscriber } from '../changes/subscriber.ts';
import type { Link } from '../protocol/link.ts';
import type { ClientMessage, Ref } from '../protocol/messages.ts';
import type { Hub, Topic } from '../topics/hub.ts';
import { runSafely } from '../run-safely.ts';
import type { PresenceCallLimit } from '../topics/presence-call-limit.ts';
import type { Receiver } from '../topics/receiver.ts';

// setTimeout fires at once for longer delays.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Reason of a `phx_error` after an unexpected error. */
export const CHANNEL_CRASH = 'channel_crash';

/** What the client asked for with its join and cannot change afterwards. */
export interface ChannelConfig {
  readonly isPrivate: boolean;
  /** A client receives its own broadcasts. */
  readonly self: boolean;
  /** Each broadcast is acknowledged. */
  readonly ack: boolean;
  readonly presenceKey: string;
  readonly presenceEnabled: boolean;
  /** The join had no `config`: the topic itself names the table to subscribe to, and changes are sent without ids. */
  readonly isOldApi: boolean;
}

/** The parts of a new channel. */
export interface ChannelInit {
  readonly link: Link;
  readonly hub: Hub;
  /** With `realtime:`, as on the wire. */
  readonly topicName: string;
  readonly joinRef: Ref;
  readonly config: ChannelConfig;
  readonly bindings: readonly ChangeBinding[];
  readonly headers: Readonly<Record<string, string>>;
  readonly token: string;
  readonly claims: ChannelClaims;
  /** Undefined on a public topic. */
  readonly policies: Policies | undefined;
  /** Ids of the stored broadcasts that are sent with the join. */
  readonly replayedIds: ReadonlySet<string>;
  readonly presenceCalls: PresenceCallLimit;
  /** Called once when the channel leaves its topic. */
  readonly onLeave: () => void;
  /** Called with the reason that the client is sent, when the channel is closed by an error. */
  readonly onRefused: (reason: string) => void;
  /** Reports an unexpected error of work that no message waits for. */
  readonly onError: (error: unknown) => void;
}

/** One joined topic on one socket, with the client's token and its permissions. */
export class Channel implements Receiver, ChangeSubscriber {
  readonly link: Link;
  /** With `realtime:`, as on the wire. */
  readonly topicName: string;
  /** Without `realtime:`. */
  readonly name: string;
  readonly joinRef: Ref;
  readonly config: ChannelConfig;
  readonly bindings: readonly ChangeBinding[];
  readonly headers: Readonly<Record<string, string>>;
  readonly presenceCalls: PresenceCallLimit;
  token: string;
  /** Undefined on a public topic. */
  policies: Policies | undefined;
  /** The tracked presence payload, as JSON. */
  tracked: string | undefined;
  isPresenceEnabled: boolean;
  readonly #hub: Hub;
  readonly #replayedIds: ReadonlySet<string>;
  readonly #onLeave: () => void;
  readonly #onRefused: (reason: string) => void;
  readonly #onError: (error: unknown) => void;
  #claims: ChannelClaims;
  #topic: Topic | undefined;
  #expiry: NodeJS.Timeout | undefined;

  constructor(init: ChannelInit) {
    this.link = init.link;
    this.topicName = init.topicName;
    this.name = init.topicName.slice('realtime:'.length);
    this.joinRef = init.joinRef;
    this.config = init.config;
    this.bindings = init.bindings;
    this.headers = init.headers;
    this.presenceCalls = init.presenceCalls;
    this.token = init.token;
    this.policies = init.policies;
    this.isPresenceEnabled = init.config.presenceEnabled;
    this.#hub = init.hub;
    this.#replayedIds = init.replayedIds;
    this.#onLeave = init.onLeave;
    this.#onRefused = init.onRefused;
    this.#onError = init.onError;
    this.#claims = init.claims;
  }

  /** The topic it has joined; undefined after it has left. */
  get topic(): Topic | undefined {
    return this.#topic;
  }

  get isJoined(): boolean {
    return this.#topic !== undefined;
  }

  get claims(): ChannelClaims {
    return this.#claims;
  }

  get isOldApi(): boolean {
    return this.config.isOldApi;
  }

  get mayReadBroadcast(): boolean {
    return !this.policies || this.policies.broadcast.read === true;
  }

  get mayReadPresence(): boolean {
    return !this.policies || this.policies.presence.read === true;
  }

  hasReplayed(id: string): boolean {
    return this.#replayedIds.has(id);
  }

  /** The question to check policies with. */
  policyQuestion(): PolicyQuestion {
    return { topic: this.name, claims: this.#claims, headers: this.headers };
  }

  enter(): void {
    this.#topic = this.#hub.join({ name: this.name, isPrivate: this.config.isPrivate }, this);
    this.#watchExpiry();
  }

  /** Undoes `enter` without sending anything. */
  leave(): void {
    clearTimeout(this.#expiry);
    if (!this.#topic) return;
    const topic = this.#topic;
    this.#topic = undefined;
    this.#onLeave();
    this.#hub.leave(topic, this);
  }

  /** Continues with the claims and policies of a new token. */
  authorize(claims: ChannelClaims, policies: Policies | undefined): void {
    this.#claims = claims;
    this.policies = policies;
    this.#watchExpiry();
  }

  /** Sends a system error and closes the channel; the socket stays open. */
  closeWithError(message: string): void {
    if (!this.#topic) return;
    this.sendSystem('system', 'error', message);
    this.leave();
    this.sendClose();
    this.#onRefused(message);
  }

  /** Ends the channel as if its process had crashed: official clients then rejoin by themselves. */
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

  /** Sends a message that belongs to this join. `payload` is JSON text. */
  push(event: string, payload: string): void {
    this.#push(null, event, payload);
  }

  reply(message: ClientMessage, status: 'ok' | 'error', response: string): void {
    const { joinRef, ref } = message;
    this.link.write(this.link.serializer.reply(joinRef, ref, this.topicName, status, response));
  }

  #push(ref: Ref, event: string, payload: string): void {
    this.link.write(this.link.serializer.push(this.joinRef, ref, this.topicName, event, payload));
  }

  /** Closes the channel when its token expires. */
  #watchExpiry(): void {
    clearTimeout(this.#expiry);
    const remaining = this.#claims.exp * 1000 - Date.now();
    this.#expiry = setTimeout(
      () => runSafely(this.#onError, () => this.#checkExpiry()),
      Math.min(Math.max(remaining, 0), MAX_TIMER_MS),
    );
    this.#expiry.unref();
  }

  #checkExpiry(): void {
    const late = Math.floor(Date.now() / 1000) - this.#claims.exp;
    if (late < 0) this.#watchExpiry();
    else this.closeWithError(`Token has expired ${late} seconds ago`);
  }
}
