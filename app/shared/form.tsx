import type { ReactNode } from 'react';
import styles from './form.module.css';

interface FormProps {
  onSubmit: (values: FormData, form: HTMLFormElement) => void;
  children: ReactNode;
}

/** A form that passes its values to `onSubmit` instead of navigating. */
export function Form({ onSubmit, children }: FormProps): ReactNode {
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(new FormData(event.currentTarget), event.currentTarget);
      }}
    >
      {children}
    </form>
  );
}
