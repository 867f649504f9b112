import type { CSSProperties, ReactNode } from 'react';
import styles from './avatar.module.css';
import { personColor } from '../shared/person-color.ts';
import { useSignedUrl } from '../files/signed-urls.ts';

interface AvatarProps {
  name: string;
  color: string | undefined;
  /** Path of the picture in the bucket `avatars`. */
  picture?: string | null | undefined;
  /** In pixels. */
  size?: number;
  online?: boolean;
}

/**
 * Initials on the person's colour, covered by their picture once it has loaded. Both have the same size, so nothing
 * moves, and the initials stay if the picture does not load. Hidden from screen readers: the name is next to it.
 */
export function Avatar({ name, color, picture = null, size = 36, online = false }: AvatarProps): ReactNode {
  const { url, onError } = useSignedUrl('avatars', picture);
  const style = { '--size': `${size}px`, '--person': personColor(color) } as CSSProperties;
  return (
    <span className={`${styles.avatar} ${online ? styles.online : ''}`} style={style} aria-hidden="true">
      {initials(name)}
      {url !== undefined && <img className={styles.image} src={url} alt="" onError={onError} />}
    </span>
  );
}

/** First letters of the first and the last word. Split by grapheme, so that no accent or emoji is cut in two. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const pick = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  const first = (word: string | undefined): string =>
    [...new Intl.Segmenter().segment(word ?? '')][0]?.segment ?? '';
  return pick.map(first).join('').toLocaleUpperCase();
}
