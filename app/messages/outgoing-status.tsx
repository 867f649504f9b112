import type { ReactNode } from 'react';
import styles from './message-item.module.css';
import { useMessaging } from './messaging.tsx';
import type { OutgoingMessage } from './outgoing-message.ts';

/** Where a message is on its way, and what can be done about it. */
export function OutgoingStatus({ item }: { item: OutgoingMessage }): ReactNode {
  const { outbox } = useMessaging();
  if (item.state === 'sending') return <p className={styles['status']}>Sending…</p>;
  if (item.state === 'waiting') return <p className={styles['status']}>Waiting for the connection</p>;
  return (
    <div className={styles['status']} role="alert">
      <span>Not sent. {item.error}</span>
      <button type="button" className={styles['statusAction']} onClick={() => outbox.retry(item.id)}>
        Try again
      </button>
      <button type="button" className={styles['statusAction']} onClick={() => outbox.discard(item.id)}>
        Discard
      </button>
    </div>
  );
}
