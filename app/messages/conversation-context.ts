import { createContext, useContext } from 'react';
import type { Member } from '../model/member.ts';
import type { Conversation } from './conversation.ts';
import type { Message } from './message.ts';

/** What every message of a conversation needs to know about the screen. */
export interface ConversationScreen {
  readonly conversation: Conversation;
  readonly userId: string;
  readonly members: ReadonlyMap<string, Member>;
  /** False in an archived channel. */
  readonly canWrite: boolean;
  readonly reply: (message: Message) => void;
  /** Scrolls to a message, loading older history if needed. */
  readonly jumpTo: (message: Pick<Message, 'id' | 'position'>) => void;
}

export const ConversationContext = createContext<ConversationScreen | undefined>(undefined);

export function useConversationScreen(): ConversationScreen {
  const screen = useContext(ConversationContext);
  if (!screen) throw new Error('useConversationScreen() needs a ConversationContext');
  return screen;
}

/** Name shown for a deleted account. */
export const DELETED_USER = 'Someone who left';
