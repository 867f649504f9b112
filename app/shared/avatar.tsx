import type { CSSProperties, ReactNode } from 'react';
import styles from './avatar.module.css';

/** The CSS colour of a person; `undefined` stands for somebody who is gone. */
export function personColor(color: string | undefined): string {
  return `var(--person-${color ?? 'slate'})`;
}

interface AvatarProps {
  name: string;
  color: string | undefined;
  /** In pixels. */
  size?: number;
  online?: boolean;
  imageUrl?: string | undefined;
}

/** Initials on the person's colour, or their picture. Decoration: the name stands beside it. */
export function Avatar({ name, color, size = 36, online = false, imageUrl }: AvatarProps): ReactNode {
  const style = { '--size': `${size}px`, '--person': personColor(color) } as CSSProperties;
  return (
    <span
      className={`${styles['avatar']} ${online ? styles['online'] : ''}`}
      style={style}
      aria-hidden="true"
    >
      {imageUrl === undefined ? initials(name) : <img className={styles['image']} src={imageUrl} alt="" />}
    </span>
  );
}

/** First letters of the first and the last word, by grapheme so that no accent or emoji is cut in two. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const pick = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  const first = (word: string | undefined): string =>
    [...new Intl.Segmenter().segment(word ?? '')][0]?.segment ?? '';
  return pick.map(first).join('').toLocaleUpperCase();
}
