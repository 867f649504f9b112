import type { ReactNode } from 'react';
import { DELETED_USER, useConversationScreen } from './conversation-context.ts';
import styles from './message-item.module.css';
import { type Message, readReactions } from './message.ts';
import { useToggleReaction } from './use-toggle-reaction.ts';

export function ReactionBar({ message }: { message: Message }): ReactNode {
  const { userId, members, canWrite } = useConversationScreen();
  const toggle = useToggleReaction(message);
  const reactions = readReactions(message.reactions);
  if (reactions.length === 0) return null;
  return (
    <div className={styles.reactions}>
      {reactions.map(([emoji, people]) => {
        const names = people
          .map((id) => (id === userId ? 'you' : (members.get(id)?.name ?? DELETED_USER)))
          .join(', ');
        return (
          <button
            key={emoji}
            type="button"
            className={styles.reaction}
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
