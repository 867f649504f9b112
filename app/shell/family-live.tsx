import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useUser } from '../auth/session.tsx';
import { progressQuery, raiseProgress } from '../model/unread.ts';
import { familiesQuery } from '../model/family-queries.ts';
import { useMessaging } from '../messages/messaging-context.ts';
import { NOBODY_ONLINE, type Online, OnlineLog } from '../live/online.ts';
import { TYPING_INTERVAL_MS, TypingStore } from '../live/typing.ts';
import type { ConnectionState } from '../live/connection-state.ts';
import type { ListTable } from '../live/family-channel.ts';
import { FamilyConnection } from '../live/family-connection.ts';

interface FamilyLive {
  readonly state: ConnectionState;
  readonly online: Online;
  readonly typing: TypingStore;
  /** Tells the others which channel is on screen. */
  readonly watch: (channelId: string | null) => void;
  /** Tells the others that this person is typing; may be called at every key press. */
  readonly signalTyping: (channelId: string) => void;
  /** The message is sent: the next key press is news again. */
  readonly endTyping: () => void;
}

const LiveContext = createContext<FamilyLive | undefined>(undefined);

/** Connects a family's screens to realtime and hands what arrives to the caches that show it. */
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
        messaging.find(channelId)?.receive(message);
        // What one writes oneself counts as read, as in the database.
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
    current.start();
    return () => {
      current.stop();
      typing.clear();
      setOnline(NOBODY_ONLINE);
    };
  }, [familyId, userId, queryClient, messaging, typing]);

  const watch = useCallback((channelId: string | null) => connection.current?.watch(channelId), []);
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

export function useFamilyLive(): FamilyLive {
  const live = useContext(LiveContext);
  if (!live) throw new Error('useFamilyLive() needs a FamilyLiveProvider');
  return live;
}

/** Ids of the others who are typing in a channel. */
export function useTyping(channelId: string): readonly string[] {
  const { typing } = useFamilyLive();
  return useSyncExternalStore(typing.subscribe, () => typing.in(channelId));
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
    // A change of membership may be one's own.
    if (table === 'family_members') void queryClient.invalidateQueries({ queryKey: familiesQuery.queryKey });
  }
}
