import type { ReactNode } from 'react';
import styles from './form.module.css';

interface FormProps {
  onSubmit: (values: FormData, form: HTMLFormElement) => void;
  children: ReactNode;
}

/** A form that hands its values over instead of loading a page. */
export function Form({ onSubmit, children }: FormProps): ReactNode {
  return (
    <form
      className={styles['form']}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(new FormData(event.currentTarget), event.currentTarget);
      }}
    >
      {children}
    </form>
  );
}

/** The text of a field without blanks around it; "" when it is missing. */
export function textOf(values: FormData, name: string): string {
  return passwordOf(values, name).trim();
}

/** The text of a field exactly as typed: blanks are part of a password. */
export function passwordOf(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === 'string' ? value : '';
}
