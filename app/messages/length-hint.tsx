import type { ReactNode } from 'react';
import styles from './composer.module.css';
import { excessOf, MAX_MESSAGE_LENGTH } from './message-length.ts';

/** Shows by how much a text is too long. The text is never cut off, so nothing pasted is lost. */
export function LengthHint({ text }: { text: string }): ReactNode {
  const excess = excessOf(text);
  return (
    <output className={styles.lengthHint}>
      {excess > 0 &&
        `${excess.toLocaleString()} characters too long. The limit is ${MAX_MESSAGE_LENGTH.toLocaleString()}.`}
    </output>
  );
}
