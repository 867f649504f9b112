import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react';
import { Icon } from '../shared/icon.tsx';
import { useConversationScreen } from './conversation-context.ts';
import type { ConversationSnapshot } from './conversation.ts';
import { MessageItem } from './message-item.tsx';
import styles from './message-list.module.css';
import type { Row } from './rows.ts';
import { useMessageScroll } from './use-message-scroll.ts';

interface MessageListProps {
  rows: readonly Row[];
  snapshot: ConversationSnapshot;
  channelName: string;
  editingId: string | undefined;
  onEditingChange: (messageId: string | undefined) => void;
  /** Called when the newest message comes into view or leaves it. */
  onAtEndChange: (isAtEnd: boolean) => void;
}

/** The scrolling conversation. Only messages in view are in the DOM, so ten thousand cost as much as fifty. */
export function MessageList(props: MessageListProps): ReactNode {
  const { rows, snapshot, channelName, editingId, onEditingChange, onAtEndChange } = props;
  const { conversation } = useConversationScreen();
  const [currentKey, setCurrentKey] = useState<string | undefined>(undefined);
  const { hasOlder, isLoadingOlder, hasNewer, isLoadingNewer, target } = snapshot;
  const scroll = useMessageScroll(rows, conversation, target, hasNewer, setCurrentKey);
  const { scroller, virtualizer, isSettled, isAtEnd, unpin } = scroll;

  const items = virtualizer.getVirtualItems();
  const firstIndex = items[0]?.index;
  useEffect(() => {
    // Before, what is in view is not what it opens at.
    if (!isSettled || firstIndex === undefined || firstIndex > 10 || !hasOlder || isLoadingOlder) return;
    // A failure is retried at the next scroll.
    conversation.loadOlder().catch(() => {});
  }, [isSettled, firstIndex, hasOlder, isLoadingOlder, conversation]);

  const lastIndex = items.at(-1)?.index;
  useEffect(() => {
    if (!isSettled || !hasNewer || isLoadingNewer) return;
    if (lastIndex === undefined || lastIndex < rows.length - 10) return;
    conversation.loadNewer().catch(() => {});
  }, [isSettled, lastIndex, rows.length, hasNewer, isLoadingNewer, conversation]);

  useEffect(() => onAtEndChange(isAtEnd && !hasNewer), [isAtEnd, hasNewer, onAtEndChange]);

  const lastKey = rows.at(-1)?.key;
  const tabKey = rows.some((row) => row.key === currentKey) ? currentKey : lastKey;
  const moveFocus = (event: KeyboardEvent): void => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const isLine = event.target instanceof HTMLElement && event.target.dataset.message !== undefined;
    if (step === undefined || !isLine) return;
    event.preventDefault();
    const index = rows.findIndex((row) => row.key === currentKey) + step;
    const next = rows[index];
    if (!next) return;
    virtualizer.scrollToIndex(index, { align: 'auto' });
    // The message may have to be rendered first.
    requestAnimationFrame(() =>
      scroller.current
        ?.querySelector<HTMLElement>(`[data-message="${next.key}"]`)
        ?.focus({ preventScroll: true }),
    );
  };

  return (
    <div className={styles.frame}>
      {/* The handlers only detect that the reader has started to scroll. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        ref={scroller}
        className={styles.scroller}
        onScroll={scroll.onScroll}
        onWheel={unpin}
        onPointerDown={unpin}
        onTouchMove={unpin}
        onKeyDown={unpin}
      >
        {/* The arrow keys move between messages. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <div
          className={styles.canvas}
          style={{ height: virtualizer.getTotalSize(), visibility: isSettled ? 'visible' : 'hidden' }}
          role="log"
          aria-label={`Messages in ${channelName}`}
          aria-live="off"
          onKeyDown={moveFocus}
        >
          <div className={styles.top}>
            {hasOlder ? 'Loading earlier messages…' : `This is the beginning of #${channelName}.`}
          </div>
          {items.map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                className={styles.item}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <MessageItem
                  row={row}
                  isCurrent={row.key === tabKey}
                  isFlashing={row.key === target?.id}
                  isEditing={row.key === editingId}
                  onEditingChange={onEditingChange}
                  onFocus={setCurrentKey}
                />
              </div>
            );
          })}
        </div>
      </div>
      {(hasNewer || !isAtEnd) && (
        <button
          type="button"
          className={styles.toEnd}
          onClick={() => (hasNewer ? conversation.showLatest() : virtualizer.scrollToEnd())}
        >
          <Icon name="arrowDown" size={16} /> {hasNewer ? 'Back to the newest messages' : 'Newest messages'}
        </button>
      )}
    </div>
  );
}
