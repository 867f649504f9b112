import { type ReactNode, useId } from 'react';
import { IconButton } from './button.tsx';
import styles from './dialog.module.css';
import { Modal } from './modal.tsx';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** A question or a form above the page. */
export function Dialog({ title, onClose, children }: DialogProps): ReactNode {
  const titleId = useId();
  return (
    <Modal
      className={styles.dialog}
      aria-labelledby={titleId}
      // By default the browser focuses the first button, which closes the dialog.
      initialFocus="[data-body] :is(input, textarea, button)"
      onClose={onClose}
    >
      <div className={styles.header}>
        <h2 className={styles.title} id={titleId}>
          {title}
        </h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </div>
      <div className={styles.body} data-body>
        {children}
      </div>
    </Modal>
  );
}

/** The row of buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }): ReactNode {
  return <div className={styles.actions}>{children}</div>;
}
