import { Fragment, type ReactNode, useMemo } from 'react';
import { type Block, type Inline, parseMessage } from './markdown.ts';
import styles from './message-text.module.css';

interface MessageTextProps {
  body: string;
  mentionedNames: readonly string[];
}

/** The text of a message, with its Markdown as elements. */
export function MessageText({ body, mentionedNames }: MessageTextProps): ReactNode {
  const names = mentionedNames.join('\n');
  const blocks = useMemo(() => parseMessage(body, names === '' ? [] : names.split('\n')), [body, names]);
  return (
    // "auto" aligns right-to-left text to the right.
    <div dir="auto" className={`${styles.text} ${isOnlyEmoji(body) ? styles.emojiOnly : ''}`}>
      <Blocks blocks={blocks} />
    </div>
  );
}

// The parts of a text never change their order, so their index is a stable key.

function Blocks({ blocks }: { blocks: readonly Block[] }): ReactNode {
  return blocks.map((block, index) => {
    const key = index;
    switch (block.kind) {
      case 'paragraph':
        return (
          <p key={key}>
            <Inlines parts={block.parts} />
          </p>
        );
      case 'heading':
        return (
          <p key={key} className={styles.heading}>
            <Inlines parts={block.parts} />
          </p>
        );
      case 'code':
        return (
          <pre key={key} className={styles.codeBlock} dir="ltr">
            <code>{block.text}</code>
          </pre>
        );
      case 'quote':
        return (
          <blockquote key={key} className={styles.quotation}>
            <Blocks blocks={block.blocks} />
          </blockquote>
        );
      case 'list': {
        const items = block.items.map((item, number) => {
          const itemKey = number;
          return (
            <li key={itemKey}>
              <Blocks blocks={item} />
            </li>
          );
        });
        return block.start === undefined ? (
          <ul key={key} className={styles.bullets}>
            {items}
          </ul>
        ) : (
          <ol key={key} className={styles.numbers} start={block.start}>
            {items}
          </ol>
        );
      }
    }
  });
}

function Inlines({ parts }: { parts: readonly Inline[] }): ReactNode {
  return parts.map((part, index) => {
    const key = index;
    switch (part.kind) {
      case 'text':
        return <Fragment key={key}>{part.text}</Fragment>;
      case 'break':
        return <br key={key} />;
      case 'code':
        return (
          <code key={key} className={styles.code} dir="ltr">
            {part.text}
          </code>
        );
      case 'mention':
        return (
          <strong key={key} className={styles.mention}>
            {part.text}
          </strong>
        );
      case 'link':
        return (
          <a key={key} href={part.href} title={part.href} target="_blank" rel="noreferrer noopener">
            <Inlines parts={part.parts} />
          </a>
        );
      case 'strong':
        return (
          <strong key={key}>
            <Inlines parts={part.parts} />
          </strong>
        );
      case 'emphasis':
        return (
          <em key={key}>
            <Inlines parts={part.parts} />
          </em>
        );
      case 'deleted':
        return (
          <s key={key}>
            <Inlines parts={part.parts} />
          </s>
        );
    }
  });
}

/** Whether a text is one to three emoji, which are shown large. */
function isOnlyEmoji(body: string): boolean {
  return /^(?:\p{RGI_Emoji}\s?){1,3}$/v.test(body.trim());
}
