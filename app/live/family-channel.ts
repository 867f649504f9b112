import type { RealtimeChannel } from '@supabase/supabase-js';
import type { Tables } from '../model/database.types.ts';
import { supabase } from '../model/supabase.ts';
import type { PresenceEntry } from './presence-tracker.ts';
import { isSignal, isTypingSignal, type Signal, type TypingSignal } from './signal.ts';

/** Tables whose changes only trigger a refetch of a list. */
export type ListTable = 'users' | 'families' | 'family_members' | 'channels';

/** Events of a family's channel. */
export interface FamilyEvents {
  onMessage(message: Tables<'messages'>): void;
  onRead(read: Tables<'channel_reads'>): void;
  onListChange(table: ListTable): void;
  /** Who is online, by user id, with one entry for each open page. */
  onPresence(online: ReadonlyMap<string, readonly PresenceEntry[]>): void;
  onTyping(signal: TypingSignal): void;
  onWatching(signal: Signal): void;
}

/**
 * Creates the private Realtime channel of a family, not subscribed yet, for postgres changes, presence and signals.
 * The policies in supabase/migrations/20261101090700_realtime.sql decide who may join.
 *
 * @param onPostgres called when postgres changes have started, some time after the join, or have failed to start
 */
export function createFamilyChannel(
  familyId: string,
  userId: string,
  events: FamilyEvents,
  onPostgres: (isOk: boolean) => void,
): RealtimeChannel {
  const all = { event: '*', schema: 'public' } as const;
  const ofFamily = (table: string) => ({ ...all, table, filter: `family_id=eq.${familyId}` });
  const refetch = (table: ListTable) => (): void => events.onListChange(table);
  const channel = supabase.channel(`family:${familyId}`, {
    config: { private: true, presence: { key: userId } },
  });
  return channel
    .on<Tables<'messages'>>('postgres_changes', ofFamily('messages'), (change) => {
      if (change.eventType !== 'DELETE') events.onMessage(change.new);
    })
    .on<Tables<'channel_reads'>>(
      'postgres_changes',
      { ...all, table: 'channel_reads', filter: `user_id=eq.${userId}` },
      (change) => {
        if (change.eventType !== 'DELETE') events.onRead(change.new);
      },
    )
    .on('postgres_changes', ofFamily('channels'), refetch('channels'))
    .on('postgres_changes', ofFamily('family_members'), refetch('family_members'))
    .on('postgres_changes', { ...all, table: 'families', filter: `id=eq.${familyId}` }, refetch('families'))
    .on('postgres_changes', { ...all, table: 'users' }, refetch('users'))
    .on('presence', { event: 'sync' }, () => {
      events.onPresence(new Map(Object.entries(channel.presenceState<PresenceEntry>())));
    })
    .on('broadcast', { event: 'typing' }, ({ payload }) => {
      if (isTypingSignal(payload)) events.onTyping(payload);
    })
    .on('broadcast', { event: 'watching' }, ({ payload }) => {
      if (isSignal(payload)) events.onWatching(payload);
    })
    .on('system', {}, (message: { extension?: string; status?: string }) => {
      if (message.extension === 'postgres_changes') onPostgres(message.status === 'ok');
    });
}
