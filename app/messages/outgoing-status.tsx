import { type ReactNode, useSyncExternalStore } from 'react';
import type { PendingEdit } from './edit-queue.ts';
import styles from './message-item.module.css';
import { storedFiles } from './message.ts';
import { useMessaging } from './messaging-context.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** Status of an unsent message, with buttons to cancel an upload, and to retry or discard a refused message. */
export function OutgoingStatus({ item }: { item: OutgoingMessage }): ReactNode {
  const { outbox } = useMessaging();
  if (item.state !== 'failed' && storedFiles(item).length > 0) return <UploadStatus item={item} />;
  if (item.state === 'sending') return <p className={styles.status}>Sending…</p>;
  if (item.state === 'waiting') return <Waiting />;
  return (
    <Refused
      text={`Not sent. ${item.error}`}
      onRetry={() => outbox.queue.retry(item.id)}
      onDiscard={() => outbox.discard(item)}
    />
  );
}

function UploadStatus({ item }: { item: OutgoingMessage }): ReactNode {
  const { outbox } = useMessaging();
  const percent = useSyncExternalStore(outbox.uploads.subscribe, () => outbox.progressOf(item));
  return (
    <div className={styles.status}>
      {item.state === 'waiting' ? <span>Waiting for the connection</span> : <span>Sending…</span>}
      {percent !== undefined && (
        <progress className={styles.progress} aria-label="Upload" max={100} value={percent} />
      )}
      <button type="button" className={styles.statusAction} onClick={() => outbox.discard(item)}>
        Cancel
      </button>
    </div>
  );
}

/** The same for an edit or a deletion. Shows nothing while sending, which is usually too short to read. */
export function EditStatus({ edit: { id, state, error, change } }: { edit: PendingEdit }): ReactNode {
  const { queue } = useMessaging().edits;
  if (state === 'sending') return null;
  if (state === 'waiting') return <Waiting />;
  return (
    <Refused
      text={`${change.kind === 'edit' ? 'Not saved' : 'Not deleted'}. ${error}`}
      onRetry={() => queue.retry(id)}
      onDiscard={() => queue.discard(id)}
    />
  );
}

function Waiting(): ReactNode {
  return <p className={styles.status}>Waiting for the connection</p>;
}

interface RefusedProps {
  text: string;
  onRetry: () => void;
  onDiscard: () => void;
}

function Refused({ text, onRetry, onDiscard }: RefusedProps): ReactNode {
  return (
    <div className={styles.status} role="alert">
      <span>{text}</span>
      <button type="button" className={styles.statusAction} onClick={onRetry}>
        Try again
      </button>
      <button type="button" className={styles.statusAction} onClick={onDiscard}>
        Discard
      </button>
    </div>
  );
}
