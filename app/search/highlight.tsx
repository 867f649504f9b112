import { Fragment, type ReactNode } from 'react';
import styles from './search-dialog.module.css';

interface HighlightProps {
  text: string;
  /** Words separated by spaces; each marks the words that begin with it. */
  words: string;
}

/** A text with the found words marked. */
export function Highlight({ text, words }: HighlightProps): ReactNode {
  const alternatives = words.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (alternatives.length === 0) return text;
  // Split by a group: every second part is a match.
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])((?:${alternatives.join('|')})[\\p{L}\\p{N}]*)`, 'giu');
  return text.split(pattern).map((part, index) => {
    const key = index;
    return index % 2 === 0 ? (
      <Fragment key={key}>{part}</Fragment>
    ) : (
      <mark key={key} className={styles.mark}>
        {part}
      </mark>
    );
  });
}
