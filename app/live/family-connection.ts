import { REALTIME_SUBSCRIBE_STATES, type RealtimeChannel } from '@supabase/supabase-js';
import type { Tables } from '../database.types.ts';
import { supabase } from '../supabase.ts';
import type { ConnectionState } from './connection-state.ts';

/** Tables whose changes only tell that a list has to be fetched again. */
export type ListTable = 'users' | 'families' | 'family_members' | 'channels';

export interface TypingSignal {
  readonly userId: string;
  readonly channelId: string;
}

/** Where somebody who is online is looking. */
export interface PresenceEntry {
  readonly channelId: string | null;
}

export interface FamilyEvents {
  onState(state: ConnectionState): void;
  onMessage(message: Tables<'messages'>): void;
  onRead(read: Tables<'channel_reads'>): void;
  onListChange(table: ListTable): void;
  /** Something may have been missed: fetch what is newer than what is known. */
  onCatchUp(): void;
  /** Who is online, by user id, with one entry for each open page. */
  onPresence(online: ReadonlyMap<string, readonly PresenceEntry[]>): void;
  onTyping(signal: TypingSignal): void;
}

const POLL_INTERVAL_MS = 5_000;
/** How long the connection may be away before the page starts to ask. */
const GRACE_MS = 4_000;
const MAX_REJOIN_DELAY_MS = 15_000;
/** How long a channel may take to say goodbye before its place is given to the next one. */
const LEAVE_TIMEOUT_MS = 1_500;
/** Realtime allows five presence calls in 30 seconds and closes the channel at the sixth. */
const PRESENCE_INTERVAL_MS = 7_000;

/** supabase-js holds one channel for a topic: the next one is made when the last one is gone. */
let leaving: Promise<unknown> = Promise.resolve();

/**
 * The one realtime channel of a family: postgres changes, presence and typing signals.
 *
 * Every time it comes (back) up, it asks for a catch-up, because nothing tells what was missed meanwhile. While it is
 * down it asks for one every few seconds, so that the app works without realtime too, only slower.
 */
export class FamilyConnection {
  readonly #familyId: string;
  readonly #userId: string;
  readonly #events: FamilyEvents;
  #channel: RealtimeChannel | undefined;
  #state: ConnectionState = 'connecting';
  #failures = 0;
  /** Counts joins, so that one that has been overtaken gives up. */
  #generation = 0;
  #rejoinTimer: ReturnType<typeof setTimeout> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #pollTimer: ReturnType<typeof setInterval> | undefined;
  #presenceTimer: ReturnType<typeof setTimeout> | undefined;
  #presenceSentAt = Number.NEGATIVE_INFINITY;
  #watching: string | null = null;

  constructor(familyId: string, userId: string, events: FamilyEvents) {
    this.#familyId = familyId;
    this.#userId = userId;
    this.#events = events;
  }

  start(): void {
    window.addEventListener('online', this.#onOnline);
    window.addEventListener('offline', this.#onOffline);
    document.addEventListener('visibilitychange', this.#onVisible);
    void this.#join();
  }

  stop(): void {
    window.removeEventListener('online', this.#onOnline);
    window.removeEventListener('offline', this.#onOffline);
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#generation += 1;
    clearTimeout(this.#rejoinTimer);
    clearTimeout(this.#presenceTimer);
    this.#stopPolling();
    this.#leave();
  }

  /** Tells the family which channel this page shows; at most once every seven seconds, the last one wins. */
  watch(channelId: string | null): void {
    if (this.#watching === channelId) return;
    this.#watching = channelId;
    this.#schedulePresence();
  }

  sendTyping(channelId: string): void {
    // While the channel is down supabase-js would fall back to HTTP; a typing signal is not worth that.
    if (this.#state !== 'live') return;
    const payload: TypingSignal = { userId: this.#userId, channelId };
    void this.#channel?.send({ type: 'broadcast', event: 'typing', payload });
  }

  async #join(): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    clearTimeout(this.#rejoinTimer);
    this.#leave();
    this.#startGrace();
    await leaving;
    // A private channel needs the access token with the first message already.
    await supabase.realtime.setAuth().catch(() => {});
    if (generation === this.#generation) this.#subscribe();
  }

  #subscribe(): void {
    const family = this.#familyId;
    const all = { event: '*', schema: 'public' } as const;
    const refetch = (table: ListTable) => (): void => this.#events.onListChange(table);
    const channel = supabase
      .channel(`family:${family}`, { config: { private: true, presence: { key: this.#userId } } })
      .on<Tables<'messages'>>(
        'postgres_changes',
        { ...all, table: 'messages', filter: `family_id=eq.${family}` },
        (change) => {
          if (change.eventType !== 'DELETE') this.#events.onMessage(change.new);
        },
      )
      .on<Tables<'channel_reads'>>(
        'postgres_changes',
        { ...all, table: 'channel_reads', filter: `user_id=eq.${this.#userId}` },
        (change) => {
          if (change.eventType !== 'DELETE') this.#events.onRead(change.new);
        },
      )
      .on(
        'postgres_changes',
        { ...all, table: 'channels', filter: `family_id=eq.${family}` },
        refetch('channels'),
      )
      .on(
        'postgres_changes',
        { ...all, table: 'family_members', filter: `family_id=eq.${family}` },
        refetch('family_members'),
      )
      .on('postgres_changes', { ...all, table: 'families', filter: `id=eq.${family}` }, refetch('families'))
      .on('postgres_changes', { ...all, table: 'users' }, refetch('users'))
      .on('presence', { event: 'sync' }, () => {
        this.#events.onPresence(new Map(Object.entries(channel.presenceState<PresenceEntry>())));
      })
      .on('broadcast', { event: 'typing' }, ({ payload }) => {
        if (isTypingSignal(payload)) this.#events.onTyping(payload);
      })
      // "Subscribed to PostgreSQL" comes some time after the join: what was written in between is caught up with here.
      .on('system', {}, (message: { extension?: string; status?: string }) => {
        if (message.extension !== 'postgres_changes') return;
        if (message.status === 'ok') this.#events.onCatchUp();
        else this.#startPolling();
      });
    this.#channel = channel;
    channel.subscribe((status) => {
      if (channel !== this.#channel) return;
      if (status === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED) this.#onJoined();
      else this.#onLost();
    });
  }

  #onJoined(): void {
    this.#failures = 0;
    clearTimeout(this.#rejoinTimer);
    this.#stopPolling();
    this.#setState('live');
    this.#events.onCatchUp();
    this.#presenceSentAt = Number.NEGATIVE_INFINITY;
    this.#schedulePresence();
  }

  // supabase-js joins again by itself after some failures but not after others, such as the server closing the channel
  // of an expired token. A new channel after a growing delay covers all of them.
  #onLost(): void {
    if (this.#state === 'live') {
      this.#setState(navigator.onLine ? 'reconnecting' : 'offline');
      this.#events.onPresence(new Map());
    }
    this.#startGrace();
    clearTimeout(this.#rejoinTimer);
    const delay = Math.min(MAX_REJOIN_DELAY_MS, 500 * 2 ** this.#failures);
    this.#failures += 1;
    this.#rejoinTimer = setTimeout(() => void this.#join(), delay);
  }

  #leave(): void {
    const channel = this.#channel;
    this.#channel = undefined;
    if (!channel) return;
    leaving = channel.unsubscribe(LEAVE_TIMEOUT_MS).then(() => channel.teardown());
  }

  #startGrace(): void {
    this.#graceTimer ??= setTimeout(() => this.#startPolling(), GRACE_MS);
  }

  #startPolling(): void {
    if (navigator.onLine) this.#setState('polling');
    this.#pollTimer ??= setInterval(() => {
      if (navigator.onLine) this.#events.onCatchUp();
    }, POLL_INTERVAL_MS);
  }

  #stopPolling(): void {
    clearTimeout(this.#graceTimer);
    clearInterval(this.#pollTimer);
    this.#graceTimer = undefined;
    this.#pollTimer = undefined;
  }

  #schedulePresence(): void {
    clearTimeout(this.#presenceTimer);
    // A moment's patience: on the way in, the channel to show is known only shortly after the connection is there.
    const wait = Math.max(200, this.#presenceSentAt + PRESENCE_INTERVAL_MS - Date.now());
    this.#presenceTimer = setTimeout(() => {
      if (this.#state !== 'live') return;
      this.#presenceSentAt = Date.now();
      const entry: PresenceEntry = { channelId: this.#watching };
      void this.#channel?.track(entry);
    }, wait);
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#events.onState(state);
  }

  #onOnline = (): void => {
    if (this.#state !== 'live') this.#setState('reconnecting');
    this.#events.onCatchUp();
    void this.#join();
  };

  #onOffline = (): void => {
    this.#setState('offline');
  };

  // A laptop that wakes up, or a tab that the browser had put to sleep, may have missed anything.
  #onVisible = (): void => {
    if (document.visibilityState === 'visible') this.#events.onCatchUp();
  };
}

function isTypingSignal(payload: unknown): payload is TypingSignal {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'userId' in payload &&
    typeof payload.userId === 'string' &&
    'channelId' in payload &&
    typeof payload.channelId === 'string'
  );
}
