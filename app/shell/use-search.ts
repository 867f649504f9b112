import { useCallback, useEffect, useState } from 'react';

interface SearchState {
  /** Text that the dialog begins with; undefined while it is closed. */
  readonly text: string | undefined;
  readonly open: (text?: string) => void;
  readonly close: () => void;
}

/**
 * Opens the search, also by the keyboard: Ctrl+K or ⌘K, and Ctrl+F or ⌘F in the current channel. A second Ctrl+F reaches
 * the browser's own search.
 *
 * @param channelName the channel on screen
 */
export function useSearch(channelName: string | undefined): SearchState {
  const [text, setText] = useState<string | undefined>(undefined);
  const open = useCallback((initial = '') => setText(initial), []);
  const close = useCallback(() => setText(undefined), []);
  const isOpen = text !== undefined;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || isOpen) return;
      const key = event.key.toLowerCase();
      if (key !== 'k' && key !== 'f') return;
      event.preventDefault();
      open(key === 'f' && channelName !== undefined ? `in:#${channelName} ` : '');
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [isOpen, open, channelName]);
  return { text, open, close };
}
