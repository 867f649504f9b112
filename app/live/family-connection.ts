import { REALTIME_SUBSCRIBE_STATES, type RealtimeChannel } from '@supabase/supabase-js';
import { supabase } from '../model/supabase.ts';
import type { ConnectionState } from './connection-state.ts';
import { createFamilyChannel, type FamilyEvents } from './family-channel.ts';
import { isReachable } from './is-reachable.ts';
import { PresenceTracker } from './presence-tracker.ts';

/** Events of the channel and of the connection itself. */
export interface ConnectionEvents extends FamilyEvents {
  onState(state: ConnectionState): void;
  /** Events may have been missed: fetch what is newer than the loaded data. */
  onCatchUp(): void;
}

const POLL_INTERVAL_MS = 5_000;
/** How long the connection may be down before the page starts to poll. */
const GRACE_MS = 4_000;
const MAX_REJOIN_DELAY_MS = 15_000;
/** How long to wait for a channel to leave before the next one joins. */
const LEAVE_TIMEOUT_MS = 1_500;

/** supabase-js keeps one channel per topic, so a new one is created after the last one has left. */
let leaving: Promise<unknown> = Promise.resolve();

/**
 * Keeps a family's Realtime channel joined.
 *
 * Each time the channel is joined, it requests a catch-up, because Realtime does not replay missed changes. While
 * the channel is down, it requests one every few seconds, so that the app also works without Realtime, only slower.
 */
export class FamilyConnection {
  readonly #familyId: string;
  readonly #userId: string;
  readonly #events: ConnectionEvents;
  readonly #presence = new PresenceTracker(
    (entry) => void this.#channel?.track(entry),
    ({ channelId }) => this.#sendSignal('watching', channelId),
  );
  #channel: RealtimeChannel | undefined;
  #state: ConnectionState = 'connecting';
  #failures = 0;
  /** Incremented at every join, so that an outdated one stops. */
  #generation = 0;
  #rejoinTimer: ReturnType<typeof setTimeout> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #pollTimer: ReturnType<typeof setInterval> | undefined;

  constructor(familyId: string, userId: string, events: ConnectionEvents) {
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
    this.#presence.onLost();
    this.#stopPolling();
    this.#leave();
  }

  /** Publishes which channel this page shows. */
  watch(channelId: string | null): void {
    this.#presence.watch(channelId);
  }

  /** Signals that the user is typing in a channel. */
  sendTyping(channelId: string): void {
    this.#sendSignal('typing', channelId);
  }

  // Sent through the database, which knows the caller. A lost signal does no harm.
  #sendSignal(event: 'typing' | 'watching', channelId: string | null): void {
    if (this.#state !== 'live') return;
    const signal = { family_id: this.#familyId, event, channel_id: channelId ?? undefined };
    void supabase.rpc('send_signal', signal).then(() => {});
  }

  async #join(): Promise<void> {
    this.#generation += 1;
    const generation = this.#generation;
    clearTimeout(this.#rejoinTimer);
    this.#leave();
    this.#startGrace();
    await leaving;
    // A private channel needs the access token in its join message.
    await supabase.realtime.setAuth().catch(() => {});
    if (generation === this.#generation) this.#subscribe();
  }

  #subscribe(): void {
    const channel = createFamilyChannel(this.#familyId, this.#userId, this.#events, (isOk) => {
      // Fetch what was written between the join and the start of postgres changes.
      if (isOk) this.#events.onCatchUp();
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
    this.#presence.onJoined();
  }

  // supabase-js rejoins after some failures but not after others, such as the server closing the channel because
  // the token has expired. Creating a new channel after an increasing delay covers all of them.
  #onLost(): void {
    this.#presence.onLost();
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
    if (this.#pollTimer !== undefined) return;
    this.#pollTimer = setInterval(() => void this.#poll(), POLL_INTERVAL_MS);
    void this.#poll();
  }

  async #poll(): Promise<void> {
    if (!navigator.onLine) return;
    this.#events.onCatchUp();
    const state = (await isReachable()) ? 'polling' : 'unreachable';
    // By now the channel may be back, or the network gone.
    if (this.#pollTimer !== undefined && navigator.onLine) this.#setState(state);
  }

  #stopPolling(): void {
    clearTimeout(this.#graceTimer);
    clearInterval(this.#pollTimer);
    this.#graceTimer = undefined;
    this.#pollTimer = undefined;
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

  // A laptop that slept, or a tab that the browser suspended, may have missed changes.
  #onVisible = (): void => {
    if (document.visibilityState === 'visible') this.#events.onCatchUp();
  };
}
