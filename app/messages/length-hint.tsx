import type { ReactNode } from 'react';
import styles from './composer.module.css';
import { excessOf, MAX_MESSAGE_LENGTH } from './message-length.ts';

/** Says by how much a text is too long. Nothing is cut off: what somebody has pasted stays theirs to shorten. */
export function LengthHint({ text }: { text: string }): ReactNode {
  const excess = excessOf(text);
  return (
    <output className={styles.lengthHint}>
      {excess > 0 &&
        `${excess.toLocaleString()} characters too many: a message holds ${MAX_MESSAGE_LENGTH.toLocaleString()}.`}
    </output>
  );
}
