import { type PointerEvent, type SyntheticEvent, useEffect, useRef } from 'react';

const LONG_PRESS_MS = 450;
/** A finger that moves further scrolls. */
const TOLERANCE_PX = 10;

interface LongPressHandlers {
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onPointerUp: () => void;
  readonly onPointerCancel: () => void;
  readonly onTouchEnd: (event: SyntheticEvent) => void;
  readonly onContextMenu: (event: SyntheticEvent) => void;
}

/** Handlers for an element on which a finger may rest for 450 ms. */
export function useLongPress(onLongPress: () => void): LongPressHandlers {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = useRef({ x: 0, y: 0 });
  const hasFired = useRef(false);
  const cancel = (): void => clearTimeout(timer.current);
  // Otherwise lifting the finger would click on what has opened under it, and the browser would open its own menu.
  const swallow = (event: SyntheticEvent): void => {
    if (hasFired.current) event.preventDefault();
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    onPointerDown: (event) => {
      cancel();
      hasFired.current = false;
      if (event.pointerType !== 'touch') return;
      start.current = { x: event.clientX, y: event.clientY };
      timer.current = setTimeout(() => {
        hasFired.current = true;
        onLongPress();
      }, LONG_PRESS_MS);
    },
    onPointerMove: (event) => {
      const distance = Math.hypot(event.clientX - start.current.x, event.clientY - start.current.y);
      if (distance > TOLERANCE_PX) cancel();
    },
    onPointerUp: cancel,
    onPointerCancel: cancel,
    onTouchEnd: swallow,
    onContextMenu: swallow,
  };
}
