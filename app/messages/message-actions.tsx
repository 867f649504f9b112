import type { ReactNode } from 'react';
import { IconButton } from '../shared/button.tsx';
import { useConversationScreen } from './conversation-context.ts';
import { EmojiPicker } from './emoji-picker.tsx';
import styles from './message-actions.module.css';
import type { Message } from './message.ts';
import { QuickReactions } from './quick-reactions.tsx';
import type { MessageAction } from './use-message-actions.ts';
import { useToggleReaction } from './use-toggle-reaction.ts';

interface MessageActionsProps {
  message: Message;
  actions: readonly MessageAction[];
  onPickerChange: (isOpen: boolean) => void;
}

/** Toolbar beside a message, shown while the message is hovered or has the keyboard's focus. */
export function MessageActions({ message, actions, onPickerChange }: MessageActionsProps): ReactNode {
  const { userId, canWrite } = useConversationScreen();
  const toggle = useToggleReaction(message);
  const side = message.author_id === userId ? styles.before : styles.after;
  return (
    <div className={`${styles.actions} ${side}`} role="toolbar" aria-label="Message">
      {canWrite && (
        <>
          <QuickReactions count={3} className={styles.quick} onPick={toggle} />
          <EmojiPicker
            label="More reactions"
            size="small"
            side="auto"
            align="end"
            onPick={toggle}
            onOpenChange={onPickerChange}
          />
        </>
      )}
      {actions.map(({ icon, label, run }) => (
        <IconButton key={label} icon={icon} label={label} size="small" onClick={run} />
      ))}
    </div>
  );
}
