import { type ComponentProps, type ReactNode, useId, useState } from 'react';
import styles from './field.module.css';

interface PasswordFieldProps extends ComponentProps<'input'> {
  label: string;
  hint?: string;
}

/** A password, which a button shows and hides. */
export function PasswordField({ label, hint, ...input }: PasswordFieldProps): ReactNode {
  const id = useId();
  const [isShown, setIsShown] = useState(false);
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      <div className={styles.password}>
        <input
          {...input}
          id={id}
          type={isShown ? 'text' : 'password'}
          className={styles.input}
          spellCheck={false}
          autoCapitalize="none"
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        />
        <button
          type="button"
          className={styles.reveal}
          aria-pressed={isShown}
          aria-controls={id}
          onClick={() => setIsShown(!isShown)}
        >
          {isShown ? 'Hide' : 'Show'}
          <span className="visually-hidden"> what is typed</span>
        </button>
      </div>
      {hint !== undefined && (
        <span className={styles.hint} id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}
