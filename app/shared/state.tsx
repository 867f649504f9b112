import { type ReactNode, useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { Button } from './button.tsx';
import { describeError, isUnreachable } from './errors.ts';
import styles from './state.module.css';

/** Placeholder of a screen whose data is loading, or cannot be loaded while the device is offline. */
export function Loading({ label = 'Loading', page = false }: { label?: string; page?: boolean }): ReactNode {
  const isOnline = useSyncExternalStore(subscribeOnline, () => navigator.onLine);
  return (
    <output className={`${styles.state} ${page ? styles.page : ''}`}>
      <span className={styles.spinner} />
      <span className={isOnline ? 'visually-hidden' : styles.text}>
        {isOnline ? label : 'You are offline. Waiting for the connection…'}
      </span>
    </output>
  );
}

function subscribeOnline(listener: () => void): () => void {
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
}

/** Why a screen has no data. It tries again by itself when the connection is back. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }): ReactNode {
  const retry = useEffectEvent(() => onRetry?.());
  useEffect(
    () =>
      subscribeOnline(() => {
        if (navigator.onLine) retry();
      }),
    [],
  );
  return (
    <div className={styles.state} role="alert">
      <p className={styles.title}>{isUnreachable(error) ? 'No connection' : 'Something went wrong'}</p>
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
