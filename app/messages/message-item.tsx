import { type CSSProperties, memo, type ReactNode, useRef, useState } from 'react';
import { Avatar } from '../images/avatar.tsx';
import { sizeOfImages } from '../images/layout.ts';
import { personColor } from '../shared/person-color.ts';
import { LinkPreview } from '../link-preview/link-preview.tsx';
import { formatDay, formatFull, formatTime } from '../shared/format-time.ts';
import { DELETED_USER, useConversationScreen } from './conversation-context.ts';
import { applyEdit } from './edit-queue.ts';
import { MessageEditor } from './message-editor.tsx';
import { MessageFiles } from './message-files.tsx';
import { MessageImages } from './message-images.tsx';
import styles from './message-item.module.css';
import { MessageText } from './message-text.tsx';
import { MessageTools } from './message-tools.tsx';
import { EditStatus, OutgoingStatus } from './outgoing-status.tsx';
import { ReactionBar } from './reaction-bar.tsx';
import { ReplyQuote } from './reply-quote.tsx';
import { type Row, rowFiles, rowImages } from './rows.ts';
import { useLongPress } from './use-long-press.ts';
import { usePendingEdit } from './use-queued.ts';

interface MessageItemProps {
  row: Row;
  /** Whether Tab reaches this message; the arrow keys move on from it. */
  isCurrent: boolean;
  /** Just jumped to: highlighted once. */
  isFlashing: boolean;
  isEditing: boolean;
  onEditingChange: (messageId: string | undefined) => void;
  onFocus: (key: string) => void;
}

/** One message, with the date or "New messages" above it where needed. */
export const MessageItem = memo(function MessageItem(props: MessageItemProps): ReactNode {
  const { isCurrent, isFlashing, isEditing, onEditingChange, onFocus } = props;
  const { userId, members } = useConversationScreen();
  const edit = usePendingEdit(props.row.message?.id);
  const row = { ...props.row, message: props.row.message && applyEdit(props.row.message, edit) };
  const [isPointed, setIsPointed] = useState(false);
  const [hasFocus, setHasFocus] = useState(false);
  const [isPicking, setIsPicking] = useState(false);
  const [isSheetOpen, setIsSheetOpen] = useState(false);
  const longPress = useLongPress(() => setIsSheetOpen(true));
  const isTouched = useRef(false);
  const author = row.authorId === null ? undefined : members.get(row.authorId);
  const name = author?.name ?? DELETED_USER;
  const isOwn = row.authorId === userId;
  const { message } = row;
  const onItsWay = row.outgoing ?? edit;
  const canAct = message?.deleted_at === null && !isEditing;
  const classes = [
    styles.row,
    isOwn && styles.own,
    isFlashing && styles.flash,
    onItsWay && (onItsWay.state === 'failed' ? styles.failed : styles.sending),
    message?.mentions.includes(userId) === true && styles.mentionsMe,
  ];
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the handlers only show the toolbar
    <article
      className={classes.filter(Boolean).join(' ')}
      style={{ '--person': personColor(author?.color) } as CSSProperties}
      aria-label={`${isOwn ? 'You' : name}, ${formatTime(row.createdAt)}`}
      // Focusable, so that the keyboard reaches the toolbar.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={isCurrent ? 0 : -1}
      data-message={row.key}
      {...longPress}
      onPointerDownCapture={(event) => void (isTouched.current = event.pointerType === 'touch')}
      onPointerEnter={(event) => setIsPointed(event.pointerType !== 'touch')}
      onPointerLeave={() => setIsPointed(false)}
      onFocus={(event) => {
        // A tap focuses too, but is no reason to show the toolbar.
        setHasFocus(!isTouched.current);
        // Focusing a button inside does not move the Tab stop here, or Tab would skip the newest message.
        if (event.target === event.currentTarget) onFocus(row.key);
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setHasFocus(false);
      }}
    >
      {row.startsDay && <div className={styles.separator}>{capitalize(formatDay(row.createdAt))}</div>}
      {row.isFirstUnread && <div className={`${styles.separator} ${styles.unread}`}>New messages</div>}
      <div className={`${styles.line} ${row.startsGroup ? styles.first : ''}`}>
        {!isOwn &&
          (row.startsGroup ? (
            <Avatar name={name} color={author?.color} picture={author?.avatarPath} />
          ) : (
            <span />
          ))}
        <div className={styles.content}>
          {row.startsGroup && (
            <div className={styles.head}>
              {!isOwn && <span className={styles.author}>{name}</span>}
              <time className={styles.time} dateTime={row.createdAt} title={formatFull(row.createdAt)}>
                {formatTime(row.createdAt)}
              </time>
            </div>
          )}
          {isEditing && message ? (
            <MessageEditor message={message} onClose={() => onEditingChange(undefined)} />
          ) : (
            <div className={styles.bubbleLine}>
              <Bubble row={row} author={name} />
              {canAct && (
                <MessageTools
                  message={message}
                  isToolbarShown={isPointed || hasFocus || isPicking}
                  isSheetShown={isSheetOpen}
                  onPickerChange={setIsPicking}
                  onSheetClose={() => setIsSheetOpen(false)}
                  onEdit={() => onEditingChange(message.id)}
                />
              )}
            </div>
          )}
          {message && <ReactionBar message={message} />}
          {row.outgoing && <OutgoingStatus item={row.outgoing} />}
          {edit && <EditStatus edit={edit} />}
        </div>
      </div>
    </article>
  );
});

function Bubble({ row: { message, outgoing }, author }: { row: Row; author: string }): ReactNode {
  const { members } = useConversationScreen();
  if (message?.deleted_at != null) {
    return <p className={`${styles.bubble} ${styles.deleted}`}>This message was deleted</p>;
  }
  const replyTo = message?.reply_to ?? outgoing?.replyTo ?? null;
  const mentions = message?.mentions ?? outgoing?.mentions ?? [];
  const body = message?.body ?? outgoing?.body ?? '';
  const images = rowImages({ message, outgoing });
  const files = rowFiles({ message, outgoing });
  return (
    <div
      className={`${styles.bubble} ${images.length > 0 ? styles.withImages : ''}`}
      style={{ '--images-width': `${sizeOfImages(images).width}px` } as CSSProperties}
    >
      {replyTo !== null && <ReplyQuote messageId={replyTo} />}
      {images.length > 0 && <MessageImages images={images} author={author} />}
      {files.length > 0 && <MessageFiles files={files} isStored={message !== undefined} />}
      {body !== '' && (
        <div className={images.length > 0 ? styles.caption : undefined}>
          <MessageText body={body} mentionedNames={mentions.flatMap((id) => members.get(id)?.name ?? [])} />
        </div>
      )}
      <LinkPreview messageId={message?.id} body={body} />
      {message?.edited_at != null && <span className={styles.note}>edited</span>}
    </div>
  );
}

function capitalize(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
