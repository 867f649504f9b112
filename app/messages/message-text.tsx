import { Fragment, type ReactNode } from 'react';
import styles from './message-item.module.css';
import { splitText } from './text.ts';

interface MessageTextProps {
  body: string;
  mentionedNames: readonly string[];
}

export function MessageText({ body, mentionedNames }: MessageTextProps): ReactNode {
  return (
    // "auto" aligns right-to-left text to the right.
    <p dir="auto" className={`${styles.text} ${isOnlyEmoji(body) ? styles.emojiOnly : ''}`}>
      {splitText(body, mentionedNames).map((part, index) => {
        // The parts of a text never change their order.
        const key = index;
        if (part.kind === 'link') {
          return (
            <a key={key} href={part.href} target="_blank" rel="noreferrer noopener">
              {part.text}
            </a>
          );
        }
        if (part.kind === 'mention') {
          return (
            <strong key={key} className={styles.mention}>
              {part.text}
            </strong>
          );
        }
        return <Fragment key={key}>{part.text}</Fragment>;
      })}
    </p>
  );
}

/** Whether a text is one to three emoji, which are shown large. */
function isOnlyEmoji(body: string): boolean {
  return /^(?:\p{RGI_Emoji}\s?){1,3}$/v.test(body.trim());
}
