import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useUser } from '../auth/session.ts';
import type { ConnectionState } from '../live/connection-state.ts';
import type { ListTable } from '../live/family-channel.ts';
import { FamilyConnection } from '../live/family-connection.ts';
import { NOBODY_ONLINE, OnlineLog } from '../live/online.ts';
import { TYPING_INTERVAL_MS, TypingStore } from '../live/typing.ts';
import { DELETED_USER } from '../messages/conversation-context.ts';
import { useMessaging } from '../messages/messaging-context.ts';
import { channelsQuery } from '../model/channel-queries.ts';
import type { Tables } from '../model/database.types.ts';
import { familiesQuery, membersQuery } from '../model/family-queries.ts';
import { progressQuery, raiseProgress } from '../model/unread.ts';
import { type Arrival, notifyOf } from '../notifications/notify.ts';
import { LiveContext } from './family-live.ts';

/** Connects a family's screens to Realtime and passes its events to the caches. */
export function FamilyLiveProvider({
  familyId,
  children,
}: {
  familyId: string;
  children: ReactNode;
}): ReactNode {
  const userId = useUser().id;
  const queryClient = useQueryClient();
  const messaging = useMessaging();
  const [state, setState] = useState<ConnectionState>('connecting');
  const [online, setOnline] = useState(NOBODY_ONLINE);
  const [typing] = useState(() => new TypingStore());
  const typingSentAt = useRef(0);
  const connection = useRef<FamilyConnection | undefined>(undefined);
  /** Effects of children run first, so a screen may call `watch` before there is a connection. */
  const watched = useRef<string | null>(null);

  useEffect(() => {
    const log = new OnlineLog();
    const current = new FamilyConnection(familyId, userId, {
      onState: setState,
      onPresence: (people) => setOnline(log.setPresence(people)),
      onWatching: (signal) => setOnline(log.noteSignal(signal)),
      onTyping: (signal) => {
        if (signal.userId !== userId) typing.note(signal);
      },
      onMessage: (message) => {
        const { channel_id: channelId, author_id: authorId, position, revision } = message;
        if (position > lastPosition(queryClient, message))
          notifyOf(nameArrival(queryClient, message), userId);
        messaging.find(channelId)?.receive(message);
        // The user's own messages count as read, as in the database.
        const read = authorId === userId ? { readPosition: position } : {};
        raiseProgress(queryClient, familyId, channelId, {
          lastPosition: position,
          lastRevision: revision,
          ...read,
        });
        if (authorId !== null) typing.end({ userId: authorId, channelId });
      },
      onRead: (read) =>
        raiseProgress(queryClient, familyId, read.channel_id, { readPosition: read.position }),
      onListChange: (table) => refetchLists(queryClient, familyId, table),
      onCatchUp: () => {
        messaging.catchUp();
        void queryClient.invalidateQueries({ queryKey: progressQuery(familyId).queryKey });
        for (const table of ['families', 'family_members', 'channels'] as const) {
          refetchLists(queryClient, familyId, table);
        }
      },
    });
    connection.current = current;
    current.watch(watched.current);
    current.start();
    return () => {
      current.stop();
      typing.clear();
      setOnline(NOBODY_ONLINE);
    };
  }, [familyId, userId, queryClient, messaging, typing]);

  const watch = useCallback((channelId: string | null) => {
    watched.current = channelId;
    connection.current?.watch(channelId);
  }, []);
  const signalTyping = useCallback((channelId: string) => {
    if (Date.now() - typingSentAt.current < TYPING_INTERVAL_MS) return;
    typingSentAt.current = Date.now();
    connection.current?.sendTyping(channelId);
  }, []);
  const endTyping = useCallback(() => void (typingSentAt.current = 0), []);
  const value = useMemo(
    () => ({ state, online, typing, watch, signalTyping, endTyping }),
    [state, online, typing, watch, signalTyping, endTyping],
  );
  return <LiveContext value={value}>{children}</LiveContext>;
}

/** Position of the newest message that this page knows; infinite before the first answer, so that nothing is new. */
function lastPosition(queryClient: QueryClient, { family_id, channel_id }: Tables<'messages'>): number {
  const progress = queryClient.getQueryData(progressQuery(family_id).queryKey);
  return progress ? (progress[channel_id]?.lastPosition ?? 0) : Number.POSITIVE_INFINITY;
}

function nameArrival(queryClient: QueryClient, message: Tables<'messages'>): Arrival {
  const members = queryClient.getQueryData(membersQuery(message.family_id).queryKey) ?? [];
  const channels = queryClient.getQueryData(channelsQuery(message.family_id).queryKey) ?? [];
  return {
    message,
    authorName: members.find((member) => member.id === message.author_id)?.name ?? DELETED_USER,
    channelName: channels.find((channel) => channel.id === message.channel_id)?.name ?? '',
  };
}

function refetchLists(queryClient: QueryClient, familyId: string, table: ListTable): void {
  const invalidate = (...queryKey: string[]): void => void queryClient.invalidateQueries({ queryKey });
  if (table === 'channels') {
    invalidate('channels', familyId);
    invalidate('progress', familyId);
  } else if (table === 'families') {
    void queryClient.invalidateQueries({ queryKey: familiesQuery.queryKey });
  } else {
    invalidate('members', familyId);
    // The user's own membership may have changed.
    if (table === 'family_members') void queryClient.invalidateQueries({ queryKey: familiesQuery.queryKey });
  }
}
