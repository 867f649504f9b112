import type { ReactNode } from 'react';
import { BlobImage } from '../images/blob-image.tsx';
import { IconButton } from '../shared/button.tsx';
import styles from './attachment-tray.module.css';
import type { Attachment } from './use-attachments.ts';

interface AttachmentTrayProps {
  attachments: readonly Attachment[];
  onDescribe: (key: string, alt: string) => void;
  onRemove: (key: string) => void;
}

/** The pictures attached to the next message, each with a field for its description. */
export function AttachmentTray({ attachments, onDescribe, onRemove }: AttachmentTrayProps): ReactNode {
  if (attachments.length === 0) return null;
  return (
    <ul className={styles.tray} aria-label="Pictures to send">
      {attachments.map((attachment, index) => {
        const number = attachments.length === 1 ? '' : ` ${index + 1}`;
        return (
          <li key={attachment.key} className={styles.item}>
            <BlobImage blob={attachment.blob} alt={attachment.alt || `Picture${number} to send`} />
            <IconButton
              icon="close"
              label={`Remove picture${number}`}
              size="small"
              className={styles.remove}
              onClick={() => onRemove(attachment.key)}
            />
            <input
              aria-label={`Description of picture${number}`}
              placeholder="Describe it"
              value={attachment.alt}
              maxLength={300}
              autoComplete="off"
              onChange={(event) => onDescribe(attachment.key, event.target.value)}
            />
          </li>
        );
      })}
    </ul>
  );
}
