import { useQuery } from '@tanstack/react-query';
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { FileButton } from '../files/file-button.tsx';
import { useFileDrop } from '../files/use-file-drop.ts';
import { IconButton } from '../shared/button.tsx';
import { AttachmentTray } from './attachment-tray.tsx';
import styles from './composer.module.css';
import { DELETED_USER, useConversationScreen } from './conversation-context.ts';
import { keepDraft, readDraft } from './drafts.ts';
import { EmojiPicker } from './emoji-picker.tsx';
import { LengthHint } from './length-hint.tsx';
import { excessOf } from './message-length.ts';
import { type Message, summarizeMessage } from './message.ts';
import { useMessaging } from './messaging-context.ts';
import { emojiQuery, NO_EMOJI } from './emoji-query.ts';
import { findMentions } from './find-mentions.ts';
import { SuggestionList } from './suggestion-list.tsx';
import { complete, findCompletion, suggest, type Suggestion } from './suggestions.ts';
import { useAttachments } from './use-attachments.ts';

interface ComposerProps {
  channelId: string;
  channelName: string;
  replyingTo: Message | undefined;
  onReplyEnd: () => void;
  /** Arrow up was pressed in the empty field. */
  onEditLast: () => void;
  /** The text has changed and is not blank; called for every change. */
  onTyping: () => void;
  /** A message was handed to the outbox. */
  onSent: () => void;
}

/** A longer text does not fit beside the buttons of a phone. */
const ONE_LINE_LENGTH = 22;

export function Composer(props: ComposerProps): ReactNode {
  const { channelId, channelName, replyingTo, onReplyEnd, onEditLast, onTyping, onSent } = props;
  const { members, userId } = useConversationScreen();
  const draftKey = `${userId}:${channelId}`;
  const { outbox } = useMessaging();
  const [text, setText] = useState(() => readDraft(draftKey));
  const [caret, setCaret] = useState(0);
  const [selected, setSelected] = useState(0);
  const [dismissedAt, setDismissedAt] = useState<number | undefined>(undefined);
  const { attachments, images, files, isBusy, add, describe, remove, clear } = useAttachments(channelId);
  const isDragging = useFileDrop((files) => void add(files));
  const input = useRef<HTMLTextAreaElement>(null);
  const nextCaret = useRef<number | undefined>(undefined);
  const listId = useId();

  const query = findCompletion(text, caret);
  const { data: emoji = NO_EMOJI } = useQuery({ ...emojiQuery, enabled: query?.kind === 'emoji' });
  const suggestions =
    query && query.start !== dismissedAt ? suggest(query, [...members.values()], emoji) : [];
  const active = suggestions[Math.min(selected, suggestions.length - 1)];

  // Focus the field when a channel opens, except on a phone, where the keyboard would cover the conversation.
  useEffect(() => {
    if (window.matchMedia('(hover: hover) and (pointer: fine)').matches) input.current?.focus();
  }, []);
  useEffect(() => {
    if (replyingTo) input.current?.focus();
  }, [replyingTo]);
  // The caret can be moved only after React has updated the text.
  useLayoutEffect(() => {
    if (nextCaret.current === undefined) return;
    input.current?.setSelectionRange(nextCaret.current, nextCaret.current);
    nextCaret.current = undefined;
  });

  const change = (value: string, position: number): void => {
    setText(value);
    setCaret(position);
    setSelected(0);
    keepDraft(draftKey, value);
  };
  const replace = (value: string, position: number): void => {
    nextCaret.current = position;
    change(value, position);
    input.current?.focus();
  };
  const body = text.trim();
  const canSend = (body !== '' || attachments.length > 0) && excessOf(body) === 0 && !isBusy;
  const send = (): void => {
    if (!canSend) return;
    const people = [...members.values()].filter((member) => !member.hasLeft);
    const mentions = findMentions(body, people);
    outbox.send({ channelId, body, replyTo: replyingTo?.id ?? null, mentions, images, files });
    setText('');
    clear();
    keepDraft(draftKey, '');
    onReplyEnd();
    onSent();
  };
  const pick = (suggestion: Suggestion): void => {
    if (!query) return;
    const completed = complete(text, caret, query, suggestion);
    replace(completed.text, completed.caret);
  };
  const onSuggestionKey = (event: KeyboardEvent): boolean => {
    if (!active || !query) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setSelected((selected + step + suggestions.length) % suggestions.length);
    else if (event.key === 'Enter' || event.key === 'Tab') pick(active);
    else if (event.key === 'Escape') setDismissedAt(query.start);
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Keys pressed while an input method composes a character belong to it.
    if (event.nativeEvent.isComposing) return;
    if (onSuggestionKey(event)) event.preventDefault();
    else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'ArrowUp' && text === '') {
      event.preventDefault();
      onEditLast();
    } else if (event.key === 'Escape' && replyingTo) onReplyEnd();
  };

  return (
    <div className={styles.composer}>
      {isDragging && <div className={styles.dropHint}>Drop files here</div>}
      {suggestions.length > 0 && (
        <SuggestionList
          id={listId}
          label={query?.kind === 'emoji' ? 'Emoji' : 'People'}
          suggestions={suggestions}
          active={active}
          onPick={pick}
        />
      )}
      {replyingTo && (
        <div className={styles.replying}>
          <p>
            Reply to <strong>{members.get(replyingTo.author_id ?? '')?.name ?? DELETED_USER}</strong>:{' '}
            {summarizeMessage(replyingTo)}
          </p>
          <IconButton icon="close" label="Cancel reply" size="small" onClick={onReplyEnd} />
        </div>
      )}
      <LengthHint text={text} />
      <div className={styles.box} data-grown={text.length > ONE_LINE_LENGTH || text.includes('\n')}>
        <div className={styles.attachments}>
          <AttachmentTray attachments={attachments} onDescribe={describe} onRemove={remove} />
        </div>
        <FileButton label="Add files" onFiles={(files) => void add(files)} />
        <EmojiPicker
          label="Emoji"
          onPick={(emoji) => replace(text.slice(0, caret) + emoji + text.slice(caret), caret + emoji.length)}
        />
        <textarea
          ref={input}
          className={styles.input}
          rows={1}
          value={text}
          dir="auto"
          placeholder={`Message #${channelName}`}
          aria-label={`Message #${channelName}`}
          aria-controls={suggestions.length > 0 ? listId : undefined}
          aria-autocomplete="list"
          aria-activedescendant={active && `${listId}-${active.id}`}
          onChange={(event) => {
            change(event.target.value, event.target.selectionStart);
            if (event.target.value.trim() !== '') onTyping();
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const { files, types } = event.clipboardData;
            // Spreadsheets copy a picture of the cells along with their text: paste the text.
            if (files.length === 0 || types.includes('text/plain')) return;
            event.preventDefault();
            void add([...files]);
          }}
        />
        <IconButton icon="send" label="Send" className={styles.send} disabled={!canSend} onClick={send} />
      </div>
    </div>
  );
}
