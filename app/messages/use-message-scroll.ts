import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Conversation } from './conversation.ts';
import { estimateHeight } from './estimate-height.ts';
import type { Row } from './rows.ts';

/** Space above the oldest message, for the beginning of the channel or the loading indicator. */
const TOP_PX = 80;
const BOTTOM_PX = 8;
/** This close to the end counts as reading the newest message. */
const END_PX = 60;

const SETTLE_MS = 50;
/** How long an opened conversation stays pinned to its end. */
const PIN_MS = 1_000;

interface MessageScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly virtualizer: Virtualizer<HTMLDivElement, Element>;
  /** Whether the first rows have been measured; before, their positions are estimates. */
  readonly isSettled: boolean;
  /** Whether the newest message is in view. */
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  /** The reader scrolls: unpins the end. */
  readonly unpin: () => void;
}

/**
 * Scrolling of a conversation: it opens at the target, the first unread message or the end, keeps its position while history
 * is added above, follows new messages while the end is in view, and jumps to a target.
 *
 * @param target message to scroll to; a new object for every jump
 * @param hasNewer the end of the rows is not the end of the conversation
 * @param onJump called with the key of the target's row after scrolling to it
 */
export function useMessageScroll(
  rows: readonly Row[],
  conversation: Conversation,
  target: { readonly id: string } | undefined,
  hasNewer: boolean,
  onJump: (key: string) => void,
): MessageScroll {
  const scroller = useRef<HTMLDivElement>(null);
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
    // Keeps the position when history is added above, and follows new messages while the end is in view.
    anchorTo: 'end',
    followOnAppend: !hasNewer,
    scrollEndThreshold: END_PX,
  });

  // Rows are hidden until the first ones are measured, because until then their positions are estimates.
  const [isSettled, setIsSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, []);

  const targetIndex = target ? rows.findIndex((row) => row.key === target.id) : -1;
  const hasOpened = useRef(false);
  const isPinned = useRef(false);
  const unpin = useCallback((): void => {
    isPinned.current = false;
  }, []);
  const jumpedTo = useRef<object | undefined>(undefined);
  // In development, React mounts everything twice.
  useLayoutEffect(
    () => () => {
      hasOpened.current = false;
      jumpedTo.current = undefined;
    },
    [],
  );
  useLayoutEffect(() => {
    if (hasOpened.current || rows.length === 0) return;
    hasOpened.current = true;
    const firstUnread = rows.findIndex((row) => row.isFirstUnread);
    if (targetIndex >= 0) return;
    if (firstUnread > 0) virtualizer.scrollToIndex(firstUnread, { align: 'start' });
    else {
      isPinned.current = true;
      setTimeout(unpin, PIN_MS);
      virtualizer.scrollToEnd();
    }
  }, [rows, targetIndex, virtualizer, unpin]);
  // Rows turn out taller than estimated and emoji fonts load late: stay at the end until the reader scrolls.
  const totalSize = virtualizer.getTotalSize();
  useLayoutEffect(() => {
    if (isPinned.current && !virtualizer.isAtEnd(1)) virtualizer.scrollToEnd();
  });

  // Scroll to the end when the user sends a message.
  const lastOutgoing = rows.findLast((row) => row.outgoing)?.key;
  useEffect(() => {
    if (lastOutgoing !== undefined) virtualizer.scrollToEnd();
  }, [lastOutgoing, virtualizer]);

  useLayoutEffect(() => {
    if (!target || targetIndex < 0 || jumpedTo.current === target) return;
    jumpedTo.current = target;
    unpin();
    virtualizer.scrollToIndex(targetIndex, { align: 'center' });
    onJump(target.id);
  }, [target, targetIndex, virtualizer, unpin, onJump]);

  const checkEnd = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= END_PX;
    setIsAtEnd(atEnd);
    if (atEnd) conversation.trim();
  }, [conversation]);
  useEffect(checkEnd, [checkEnd, rows.length, totalSize]);

  // When the composer grows or an on-screen keyboard appears, keep the end in view.
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

  return { scroller, virtualizer, isSettled, isAtEnd, onScroll: checkEnd, unpin };
}
