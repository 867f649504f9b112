import { useMutation } from '@tanstack/react-query';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '../shared/button.tsx';
import { showErrorToast } from '../shared/toast.tsx';
import { useConversationScreen } from './conversation-context.ts';
import { type Message, readImages } from './message.ts';
import styles from './message-item.module.css';
import { editMessage } from './message-requests.ts';
import { findMentions } from './text.ts';

/** Changes a message in its place. Enter saves, Escape leaves it as it was. */
export function MessageEditor({ message, onClose }: { message: Message; onClose: () => void }): ReactNode {
  const { conversation, members } = useConversationScreen();
  const [body, setBody] = useState(message.body);
  const textarea = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = textarea.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);
  const save = useMutation({
    mutationFn: async () => {
      const trimmed = body.trim();
      if (trimmed === message.body) return;
      await editMessage({
        id: message.id,
        body: trimmed,
        mentions: findMentions(trimmed, [...members.values()]),
      });
      await conversation.catchUp();
    },
    onSuccess: onClose,
    onError: showErrorToast,
  });
  const canBeEmpty = readImages(message.images).length > 0;
  const canSave = (canBeEmpty || body.trim() !== '') && !save.isPending;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') onClose();
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    if (canSave) save.mutate();
  };
  return (
    <div className={styles['editor']}>
      <textarea
        ref={textarea}
        aria-label="Edit message"
        value={body}
        maxLength={4000}
        onChange={(event) => setBody(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className={styles['editorActions']}>
        <Button variant="quiet" onClick={onClose}>
          Cancel
        </Button>
        <Button variant="primary" disabled={!canSave} busy={save.isPending} onClick={() => save.mutate()}>
          Save
        </Button>
      </div>
    </div>
  );
}
