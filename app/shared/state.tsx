import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { describeError } from './errors.ts';
import styles from './state.module.css';

/** Placeholder of a screen whose data is loading. */
export function Loading({ label = 'Loading', page = false }: { label?: string; page?: boolean }): ReactNode {
  return (
    <output className={`${styles.state} ${page ? styles.page : ''}`}>
      <span className={styles.spinner} />
      <span className="visually-hidden">{label}</span>
    </output>
  );
}

export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  return (
    <div className={styles.state} role="alert">
      <p className={styles.title}>Something went wrong</p>
      <p className={styles.text}>{describeError(error)}</p>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

interface EmptyProps {
  title: string;
  page?: boolean;
  children?: ReactNode;
}

export function Empty({ title, page = false, children }: EmptyProps): ReactNode {
  return (
    <div className={`${styles.state} ${page ? styles.page : ''}`}>
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.text}>{children}</div>}
    </div>
  );
}
