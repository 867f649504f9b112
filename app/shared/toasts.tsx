import { type ReactNode, useSyncExternalStore } from 'react';
import styles from './toast.module.css';
import { currentToasts, subscribe } from './toast.ts';

export function Toasts(): ReactNode {
  const current = useSyncExternalStore(subscribe, currentToasts);
  return (
    <output className={styles.region}>
      {current.map((toast) => (
        <p key={toast.id} className={styles.toast}>
          {toast.text}
        </p>
      ))}
    </output>
  );
}
