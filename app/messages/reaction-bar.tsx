import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { showErrorToast } from '../shared/toast.tsx';
import { GONE, useConversationScreen } from './conversation-context.ts';
import { type Message, readReactions } from './message.ts';
import styles from './message-item.module.css';
import { addReaction, removeReaction } from './message-requests.ts';

/** Adds one's reaction to a message, or takes it back. */
export function useToggleReaction(message: Message): (emoji: string) => void {
  const { conversation, userId } = useConversationScreen();
  const { mutate } = useMutation({
    mutationFn: async (emoji: string) => {
      const people = readReactions(message.reactions).find(([other]) => other === emoji)?.[1] ?? [];
      const target = { messageId: message.id, emoji };
      await (people.includes(userId) ? removeReaction({ ...target, userId }) : addReaction(target));
      await conversation.catchUp();
    },
    onError: showErrorToast,
  });
  return mutate;
}

export function ReactionBar({ message }: { message: Message }): ReactNode {
  const { userId, members, canWrite } = useConversationScreen();
  const toggle = useToggleReaction(message);
  const reactions = readReactions(message.reactions);
  if (reactions.length === 0) return null;
  return (
    <div className={styles['reactions']}>
      {reactions.map(([emoji, people]) => {
        const names = people
          .map((id) => (id === userId ? 'you' : (members.get(id)?.name ?? GONE)))
          .join(', ');
        return (
          <button
            key={emoji}
            type="button"
            className={styles['reaction']}
            aria-pressed={people.includes(userId)}
            title={names}
            disabled={!canWrite}
            onClick={() => toggle(emoji)}
          >
            <span>{emoji}</span>
            <span>{people.length}</span>
            <span className="visually-hidden"> from {names}</span>
          </button>
        );
      })}
    </div>
  );
}
