import { type RefObject, useLayoutEffect, useRef } from 'react';

/**
 * Shows a `<dialog>` as a modal while its component is mounted. It is closed before it is removed from the page,
 * because only then does the browser restore the focus.
 */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return ref;
}
