import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { sizeOfImages } from '../images/layout.ts';
import { Icon } from '../shared/icon.tsx';
import type { ConversationSnapshot } from './conversation.ts';
import { useConversationScreen } from './conversation-context.ts';
import { MessageItem } from './message-item.tsx';
import styles from './message-list.module.css';
import { type Row, rowImages } from './rows.ts';

/** Room above the oldest message, for the beginning of the channel or the sign that more is loading. */
const TOP_PX = 80;
const BOTTOM_PX = 8;
/** This close to the end counts as reading the newest message. */
const END_PX = 60;

const SETTLE_MS = 50;
/** How long an opened conversation holds on to its end. */
const PIN_MS = 1_000;

interface MessageListProps {
  rows: readonly Row[];
  snapshot: ConversationSnapshot;
  channelName: string;
  /** Message to scroll to and light up; a new object for every jump. */
  target: { readonly id: string } | undefined;
  editingId: string | undefined;
  onEditingChange: (messageId: string | undefined) => void;
  /** Whether the newest message is in view, at every change of it. */
  onAtEndChange: (isAtEnd: boolean) => void;
}

/** The scrolling conversation. Only what is in view is in the DOM, so ten thousand messages cost what fifty do. */
export function MessageList(props: MessageListProps): ReactNode {
  const { rows, snapshot, channelName, target, editingId, onEditingChange, onAtEndChange } = props;
  const { conversation } = useConversationScreen();
  const scroller = useRef<HTMLDivElement>(null);
  const [currentKey, setCurrentKey] = useState<string | undefined>(undefined);
  const [isAtEnd, setIsAtEnd] = useState(true);
  // oxlint-disable-next-line react/incompatible-library -- OurChat is not built with the React Compiler
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimateHeight(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
    paddingStart: TOP_PX,
    paddingEnd: BOTTOM_PX,
    // Holds the place when history is added above, and follows new messages when the end is in view.
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
  });

  // A channel opens at the first unread message, otherwise at the end.
  // Until the first lines are measured their places are guesses: they are shown when they hold still.
  const [isSettled, setIsSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, []);

  const hasOpened = useRef(false);
  const isPinned = useRef(false);
  const unpin = useCallback((): void => {
    isPinned.current = false;
  }, []);
  useLayoutEffect(() => () => void (hasOpened.current = false), []);
  useLayoutEffect(() => {
    if (hasOpened.current || rows.length === 0) return;
    hasOpened.current = true;
    const firstUnread = rows.findIndex((row) => row.isFirstUnread);
    if (firstUnread > 0) virtualizer.scrollToIndex(firstUnread, { align: 'start' });
    else {
      isPinned.current = true;
      setTimeout(unpin, PIN_MS);
      virtualizer.scrollToEnd();
    }
  }, [rows, virtualizer, unpin]);
  // Lines turn out taller than guessed, emoji fonts come late: until the reader scrolls, the end stays the end.
  const totalSize = virtualizer.getTotalSize();
  useLayoutEffect(() => {
    if (isPinned.current && !virtualizer.isAtEnd(1)) virtualizer.scrollToEnd();
  });

  // One's own message is worth leaving the history for.
  const lastOutgoing = rows.findLast((row) => row.outgoing)?.key;
  useEffect(() => {
    if (lastOutgoing !== undefined) virtualizer.scrollToEnd();
  }, [lastOutgoing, virtualizer]);

  const targetIndex = target ? rows.findIndex((row) => row.key === target.id) : -1;
  const jumpedTo = useRef<object | undefined>(undefined);
  useLayoutEffect(() => {
    if (!target || targetIndex < 0 || jumpedTo.current === target) return;
    jumpedTo.current = target;
    unpin();
    virtualizer.scrollToIndex(targetIndex, { align: 'center' });
    setCurrentKey(target.id);
  }, [target, targetIndex, virtualizer, unpin]);

  const items = virtualizer.getVirtualItems();
  const firstIndex = items[0]?.index;
  const { hasOlder, isLoadingOlder } = snapshot;
  useEffect(() => {
    if (firstIndex === undefined || firstIndex > 10 || !hasOlder || isLoadingOlder) return;
    // What fails here is tried again at the next scroll.
    conversation.loadOlder().catch(() => {});
  }, [firstIndex, hasOlder, isLoadingOlder, conversation]);

  const checkEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= END_PX;
    setIsAtEnd(atEnd);
    if (atEnd) conversation.trim();
  }, [conversation]);
  useEffect(checkEnd, [checkEnd, rows.length, totalSize]);
  useEffect(() => onAtEndChange(isAtEnd), [isAtEnd, onAtEndChange]);

  // The composer grows with what is written, and a keyboard comes up: who reads the end goes on reading it.
  const wasAtEnd = useRef(true);
  useEffect(() => void (wasAtEnd.current = isAtEnd), [isAtEnd]);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    let height = element.clientHeight;
    const observer = new ResizeObserver(() => {
      if (element.clientHeight === height) return;
      height = element.clientHeight;
      if (wasAtEnd.current) virtualizer.scrollToEnd();
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [virtualizer]);

  const lastKey = rows.at(-1)?.key;
  const tabKey = rows.some((row) => row.key === currentKey) ? currentKey : lastKey;
  const moveFocus = (event: KeyboardEvent): void => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const isLine = event.target instanceof HTMLElement && event.target.dataset['message'] !== undefined;
    if (step === undefined || !isLine) return;
    event.preventDefault();
    const index = rows.findIndex((row) => row.key === currentKey) + step;
    const next = rows[index];
    if (!next) return;
    virtualizer.scrollToIndex(index, { align: 'auto' });
    // The line may have to be rendered first.
    requestAnimationFrame(() =>
      scroller.current
        ?.querySelector<HTMLElement>(`[data-message="${next.key}"]`)
        ?.focus({ preventScroll: true }),
    );
  };

  return (
    <div className={styles['frame']}>
      {/* It only notices that the reader has begun to scroll. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div
        ref={scroller}
        className={styles['scroller']}
        onScroll={checkEnd}
        onWheel={unpin}
        onPointerDown={unpin}
        onTouchMove={unpin}
        onKeyDown={unpin}
      >
        {/* The arrow keys go from line to line. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <div
          className={styles['canvas']}
          style={{ height: totalSize, visibility: isSettled ? 'visible' : 'hidden' }}
          role="log"
          aria-label={`Messages in ${channelName}`}
          aria-live="off"
          onKeyDown={moveFocus}
        >
          <div className={styles['top']}>
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
                className={styles['item']}
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
      {!isAtEnd && (
        <button type="button" className={styles['toEnd']} onClick={() => virtualizer.scrollToEnd()}>
          <Icon name="arrowDown" size={16} /> Newest messages
        </button>
      )}
    </div>
  );
}

/** In pixels, before a line is measured. The closer, the less the scroll bar moves. */
function estimateHeight(row: Row | undefined): number {
  if (!row) return 0;
  const lines = Math.ceil((row.message?.body ?? row.outgoing?.body ?? '').length / 80);
  const separators = (row.startsDay ? 49 : 0) + (row.isFirstUnread ? 49 : 0);
  const reply = (row.message?.reply_to ?? row.outgoing?.replyTo) == null ? 0 : 51;
  const images = sizeOfImages(rowImages(row)).height;
  const text = images === 0 ? 22 * Math.max(1, lines) : 22 * lines;
  return separators + (row.startsGroup ? 34 : 0) + reply + 17 + images + text;
}
