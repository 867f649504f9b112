import { useId, useRef, type ReactNode } from 'react';

/** A button that asks before it acts. */
export function ConfirmButton({
  children,
  question,
  confirm,
  onConfirm,
  isHarmless = false,
  disabled = false,
}: {
  children: ReactNode;
  /** What will happen, as a question. */
  question: ReactNode;
  /** Label of the button that does it. */
  confirm: string;
  onConfirm: () => void;
  /** Acts at once. */
  isHarmless?: boolean;
  disabled?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const act = () => {
    dialog.current?.close();
    onConfirm();
  };
  return (
    <>
      <button
        type="button"
        className="copy"
        disabled={disabled}
        onClick={() => (isHarmless ? onConfirm() : dialog.current?.showModal())}
      >
        {children}
      </button>
      <dialog ref={dialog} aria-labelledby={id} className="card">
        <p id={id}>{question}</p>
        <p className="actions">
          <button type="button" className="copy" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="button" className="primary" onClick={act}>
            {confirm}
          </button>
        </p>
      </dialog>
    </>
  );
}
