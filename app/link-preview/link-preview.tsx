import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useSignedUrl } from '../files/signed-urls.ts';
import { firstLink } from './first-link.ts';
import { PREVIEW_HEIGHT } from './height.ts';
import styles from './link-preview.module.css';
import { canPreview, loadPreview } from './previews.ts';

interface LinkPreviewProps {
  /** Undefined while the message is being sent. */
  messageId: string | undefined;
  body: string;
}

/** A card for the first link of a message; nothing without one, offline, and where the backend makes no previews. */
export function LinkPreview({ messageId, body }: LinkPreviewProps): ReactNode {
  const url = firstLink(body);
  return url === undefined ? null : <Card key={url} messageId={messageId} url={url} />;
}

function Card({ messageId, url }: { messageId: string | undefined; url: string }): ReactNode {
  // Decided once: what is on screen neither appears late nor goes, so that nothing moves.
  const [isShown] = useState(canPreview);
  const { data: preview } = useQuery({
    queryKey: ['link-preview', messageId, url],
    queryFn: () => (messageId === undefined ? null : loadPreview(messageId, url)),
    enabled: isShown && messageId !== undefined,
    staleTime: Infinity,
    retry: false,
  });
  const { url: image, onError } = useSignedUrl('link-previews', preview?.image_path ?? null);
  if (!isShown) return null;
  return (
    <a
      className={styles.card}
      style={{ height: `${PREVIEW_HEIGHT}px` }}
      href={url}
      target="_blank"
      rel="noreferrer noopener"
      data-preview={preview?.title == null ? 'none' : 'shown'}
    >
      <span className={styles.text} dir="auto">
        <span className={styles.site}>{preview?.site ?? hostOf(url)}</span>
        <span className={styles.title}>{preview?.title ?? url.replace(/^https?:\/\//i, '')}</span>
        {preview?.description != null && <span className={styles.description}>{preview.description}</span>}
      </span>
      {image !== undefined && <img src={image} alt="" loading="lazy" draggable={false} onError={onError} />}
    </a>
  );
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^www\./, '');
}
