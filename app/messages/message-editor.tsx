import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../shared/button.tsx';
import { useConversationScreen } from './conversation-context.ts';
import { keepDraft, readDraft } from './drafts.ts';
import { LengthHint } from './length-hint.tsx';
import styles from './message-item.module.css';
import { excessOf } from './message-length.ts';
import { type Message, readFiles, readImages } from './message.ts';
import { useMessaging } from './messaging-context.ts';
import { ReplyQuote } from './reply-quote.tsx';
import { findMentions } from './find-mentions.ts';

/** Edits a message in place. Enter saves, Escape cancels; otherwise the text is kept as a draft. */
export function MessageEditor({ message, onClose }: { message: Message; onClose: () => void }): ReactNode {
  const { members } = useConversationScreen();
  const { edits } = useMessaging();
  const [body, setBody] = useState(() => readDraft(message.id) || message.body);
  const textarea = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const element = textarea.current;
    // The focus returns to the composer (arrow up) or, since the button "Edit" is removed by now, to the message.
    const opener = document.activeElement;
    const origin = opener === document.body ? element?.closest('article') : opener;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
    return () => {
      if (origin instanceof HTMLElement) origin.focus();
    };
  }, []);
  const hintId = useId();
  const trimmed = body.trim();
  const canBeEmpty = readImages(message.images).length + readFiles(message.files).length > 0;
  const canSave = (canBeEmpty || trimmed !== '') && excessOf(trimmed) === 0;
  const change = (text: string): void => {
    setBody(text);
    keepDraft(message.id, text === message.body ? '' : text);
  };
  const close = (): void => {
    keepDraft(message.id, '');
    onClose();
  };
  const save = (): void => {
    if (!canSave) return;
    if (trimmed !== message.body) {
      edits.add(message, {
        kind: 'edit',
        body: trimmed,
        mentions: findMentions(trimmed, [...members.values()]),
      });
    }
    close();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') close();
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    save();
  };
  return (
    <div className={styles.editor}>
      {message.reply_to !== null && <ReplyQuote messageId={message.reply_to} />}
      <LengthHint text={body} />
      <textarea
        ref={textarea}
        dir="auto"
        aria-label="Edit message"
        aria-describedby={hintId}
        value={body}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className={styles.editorActions}>
        <p className={styles.editorHint} id={hintId}>
          Enter saves, Esc cancels
        </p>
        <Button variant="quiet" onClick={close}>
          Cancel
        </Button>
        <Button variant="primary" disabled={!canSave} onClick={save}>
          Save
        </Button>
      </div>
    </div>
  );
}
