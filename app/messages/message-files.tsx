import type { ReactNode } from 'react';
import { describeFile } from '../files/describe-file.ts';
import { useSignedUrl } from '../files/signed-urls.ts';
import { Icon } from '../shared/icon.tsx';
import styles from './message-files.module.css';
import type { MessageFile } from './message.ts';

interface MessageFilesProps {
  files: readonly MessageFile[];
  /** False while the message is being sent. */
  isStored: boolean;
}

/** The files of a message: name and size; a click saves one. */
export function MessageFiles({ files, isStored }: MessageFilesProps): ReactNode {
  return (
    <ul className={styles.files}>
      {files.map((file) => (
        <li key={file.path}>{isStored ? <FileLink {...file} /> : <FileCard {...file} />}</li>
      ))}
    </ul>
  );
}

function FileLink({ path, name, size }: MessageFile): ReactNode {
  const { url } = useSignedUrl('message-files', path);
  if (url === undefined) return <FileCard name={name} size={size} />;
  return (
    // With the query parameter `download`, Storage sends the file as an attachment with this name.
    <a
      className={`${styles.file} ${styles.link}`}
      href={`${url}&download=${encodeURIComponent(name)}`}
      download={name}
      title={`Save ${name}`}
    >
      <FileText name={name} size={size} />
      <Icon name="save" size={18} />
    </a>
  );
}

function FileCard(props: Pick<MessageFile, 'name' | 'size'>): ReactNode {
  return (
    <div className={styles.file}>
      <FileText {...props} />
    </div>
  );
}

function FileText({ name, size }: Pick<MessageFile, 'name' | 'size'>): ReactNode {
  return (
    <>
      <Icon name="file" size={24} />
      <span className={styles.text}>
        <span className={styles.name} dir="auto">
          {name}
        </span>
        <span className={styles.size}>{describeFile(name, size)}</span>
      </span>
    </>
  );
}
