import { createContext, useContext, useSyncExternalStore } from 'react';
import type { ConnectionState } from '../live/connection-state.ts';
import type { Online } from '../live/online.ts';
import type { TypingStore } from '../live/typing.ts';

export interface FamilyLive {
  readonly state: ConnectionState;
  readonly online: Online;
  readonly typing: TypingStore;
  /** Publishes which channel is on screen. */
  readonly watch: (channelId: string | null) => void;
  /** Signals that the user is typing; may be called at every key press. */
  readonly signalTyping: (channelId: string) => void;
  /** The message is sent: the next key press signals typing again. */
  readonly endTyping: () => void;
}

export const LiveContext = createContext<FamilyLive | undefined>(undefined);

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
