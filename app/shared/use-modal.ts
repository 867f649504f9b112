import { type RefObject, useLayoutEffect, useRef } from 'react';

/**
 * Shows a `<dialog>` above the page for as long as its component lives. It is closed while it is still in the page, because
 * only then the browser gives the focus back to where it was.
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
