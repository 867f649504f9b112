import type { ReactNode } from 'react';
import styles from './form.module.css';

interface FormProps {
  onSubmit: (values: FormData, form: HTMLFormElement) => void;
  /** Called with all values whenever one changes. */
  onChange?: (values: FormData) => void;
  children: ReactNode;
}

/** A form that passes its values to `onSubmit` instead of navigating. */
export function Form({ onSubmit, onChange, children }: FormProps): ReactNode {
  return (
    <form
      className={styles.form}
      onChange={(event) => onChange?.(new FormData(event.currentTarget))}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(new FormData(event.currentTarget), event.currentTarget);
      }}
    >
      {children}
    </form>
  );
}
