import { type ComponentProps, type ReactNode, useLayoutEffect, useRef } from 'react';
import styles from './modal.module.css';

interface ModalProps extends Omit<
  ComponentProps<'dialog'>,
  'ref' | 'onCancel' | 'onClick' | 'onClose' | 'open'
> {
  onClose: () => void;
  /** CSS selector of what a click does not close; by default everything inside. */
  inside?: string;
  /** What gets the focus at first; by default what the browser chooses. */
  initialFocus?: string;
}

/**
 * The frame of everything that is shown above the page, open while it is mounted. The browser's own `<dialog>` traps
 * the focus and restores it; Escape and a click outside close it.
 */
export function Modal({ onClose, inside = '*', initialFocus, className, ...rest }: ModalProps): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    if (initialFocus !== undefined) dialog?.querySelector<HTMLElement>(initialFocus)?.focus();
    // Closed before it is removed from the page: only then does the browser restore the focus.
    return () => dialog?.close();
  }, [initialFocus]);
  return (
    // On the keyboard, Escape does the same as a click outside.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      {...rest}
      ref={ref}
      className={`${styles.modal} ${className ?? ''}`}
      onCancel={onClose}
      onClick={({ target }) => {
        // The target of a click on the backdrop is the dialog itself.
        const isInside =
          target instanceof Element && target !== ref.current && target.closest(inside) !== null;
        if (!isInside) onClose();
      }}
    />
  );
}
