import type { ReactNode } from 'react';
import { Icon } from '../shared/icon.tsx';
import { Modal } from '../shared/modal.tsx';
import { useConversationScreen } from './conversation-context.ts';
import styles from './message-sheet.module.css';
import { type Message, summarizeMessage } from './message.ts';
import { QuickReactions } from './quick-reactions.tsx';
import type { MessageAction } from './use-message-actions.ts';
import { useToggleReaction } from './use-toggle-reaction.ts';

interface MessageSheetProps {
  message: Message;
  actions: readonly MessageAction[];
  onClose: () => void;
}

/** The actions of a message on a touch screen: a sheet at the bottom, opened by a long press. */
export function MessageSheet({ message, actions, onClose }: MessageSheetProps): ReactNode {
  const { canWrite } = useConversationScreen();
  const toggle = useToggleReaction(message);
  return (
    <Modal className={styles.sheet} aria-label="Message" onClose={onClose}>
      <div className={styles.content}>
        <p className={styles.summary}>{summarizeMessage(message)}</p>
        {canWrite && (
          <div className={styles.reactions}>
            <QuickReactions
              count={6}
              className={styles.quick}
              onPick={(emoji) => {
                onClose();
                toggle(emoji);
              }}
            />
          </div>
        )}
        {actions.map(({ icon, label, isDangerous, run }) => (
          <button
            key={label}
            type="button"
            className={`${styles.action} ${isDangerous === true ? styles.dangerous : ''}`}
            onClick={() => {
              onClose();
              run();
            }}
          >
            <Icon name={icon} />
            {label}
          </button>
        ))}
      </div>
    </Modal>
  );
}
