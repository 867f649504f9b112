import type { ReactNode } from 'react';
import { describeFile } from '../files/describe-file.ts';
import { BlobImage } from '../images/blob-image.tsx';
import { IconButton } from '../shared/button.tsx';
import { Icon } from '../shared/icon.tsx';
import styles from './attachment-tray.module.css';
import type { Attachment } from './use-attachments.ts';

interface AttachmentTrayProps {
  attachments: readonly Attachment[];
  onDescribe: (key: string, alt: string) => void;
  onRemove: (key: string) => void;
}

/** What is attached to the next message: pictures, each with a field for its description, and files. */
export function AttachmentTray({ attachments, onDescribe, onRemove }: AttachmentTrayProps): ReactNode {
  if (attachments.length === 0) return null;
  const images = attachments.filter(({ kind }) => kind === 'image');
  return (
    <ul className={styles.tray} aria-label="To send">
      {attachments.map((attachment) => {
        const number = images.length === 1 ? '' : ` ${images.indexOf(attachment) + 1}`;
        const isImage = attachment.kind === 'image';
        return (
          <li key={attachment.key} className={`${styles.item} ${isImage ? '' : styles.file}`}>
            {isImage ? (
              <BlobImage blob={attachment.blob} alt={attachment.alt || `Picture${number} to send`} />
            ) : (
              <>
                <Icon name="file" size={24} />
                <span className={styles.name}>{attachment.name}</span>
                <span className={styles.size}>{describeFile(attachment.name, attachment.blob.size)}</span>
              </>
            )}
            <IconButton
              icon="close"
              label={isImage ? `Remove picture${number}` : `Remove ${attachment.name}`}
              size="small"
              className={styles.remove}
              onClick={() => onRemove(attachment.key)}
            />
            {isImage && (
              <input
                aria-label={`Description of picture${number}`}
                placeholder="Describe it"
                value={attachment.alt}
                maxLength={300}
                autoComplete="off"
                onChange={(event) => onDescribe(attachment.key, event.target.value)}
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}
