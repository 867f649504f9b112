import { type ReactNode, useState } from 'react';
import { Button, IconButton } from '../shared/button.tsx';
import { Dialog, DialogActions } from '../shared/dialog.tsx';
import { showErrorToast, showToast } from '../shared/toast.ts';
import { useConversationScreen } from './conversation-context.ts';
import { EmojiPicker } from './emoji-picker.tsx';
import { QUICK_EMOJI } from './emoji.ts';
import styles from './message-item.module.css';
import { type Message, readImages } from './message.ts';
import { useMessaging } from './messaging-context.ts';
import { useToggleReaction } from './use-toggle-reaction.ts';

interface MessageActionsProps {
  message: Message;
  onEdit: () => void;
  onPickerChange: (isOpen: boolean) => void;
}

/** Toolbar of a message, shown while the message is hovered or focused. */
export function MessageActions({ message, onEdit, onPickerChange }: MessageActionsProps): ReactNode {
  const { userId, canWrite, reply } = useConversationScreen();
  const { edits } = useMessaging();
  const [isConfirming, setIsConfirming] = useState(false);
  const toggle = useToggleReaction(message);
  const remove = (): void => {
    setIsConfirming(false);
    const imagePaths = readImages(message.images).map((image) => image.path);
    edits.add(message, { kind: 'delete', imagePaths });
  };
  const copy = (): void => {
    void navigator.clipboard.writeText(message.body).then(() => showToast('Copied.'), showErrorToast);
  };
  const isOwn = message.author_id === userId;
  return (
    <div className={styles.actions} role="toolbar" aria-label="Message">
      {canWrite && (
        <>
          {QUICK_EMOJI.slice(0, 3).map((emoji) => (
            <button
              key={emoji}
              type="button"
              className={styles.quick}
              aria-label={`React with ${emoji}`}
              onClick={() => toggle(emoji)}
            >
              {emoji}
            </button>
          ))}
          <EmojiPicker
            label="More reactions"
            size="small"
            side="auto"
            align="end"
            onPick={toggle}
            onOpenChange={onPickerChange}
          />
          <IconButton icon="reply" label="Reply" size="small" onClick={() => reply(message)} />
        </>
      )}
      {message.body !== '' && <IconButton icon="copy" label="Copy text" size="small" onClick={copy} />}
      {canWrite && isOwn && (
        <>
          <IconButton icon="edit" label="Edit" size="small" onClick={onEdit} />
          <IconButton icon="trash" label="Delete" size="small" onClick={() => setIsConfirming(true)} />
        </>
      )}
      {isConfirming && (
        <Dialog title="Delete this message?" onClose={() => setIsConfirming(false)}>
          <p>It is deleted for everyone. A placeholder stays in its place.</p>
          <DialogActions>
            <Button onClick={() => setIsConfirming(false)}>Cancel</Button>
            <Button variant="danger" onClick={remove}>
              Delete
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </div>
  );
}
