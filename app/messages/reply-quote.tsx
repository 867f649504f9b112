import { useQuery } from '@tanstack/react-query';
import type { CSSProperties, ReactNode } from 'react';
import { personColor } from '../shared/person-color.ts';
import { DELETED_USER, useConversationScreen } from './conversation-context.ts';
import styles from './message-item.module.css';
import { fetchMessage } from './message-requests.ts';
import { summarizeMessage } from './message.ts';

/** The message that a reply refers to; a click jumps to it. Fetched separately if it is not loaded. */
export function ReplyQuote({ messageId }: { messageId: string }): ReactNode {
  const { conversation, members, jumpTo } = useConversationScreen();
  const loaded = conversation.find(messageId);
  const { data } = useQuery({
    queryKey: ['message', messageId],
    queryFn: () => fetchMessage(messageId),
    enabled: loaded === undefined,
    staleTime: 60_000,
  });
  const message = loaded ?? data;
  const author = message?.author_id == null ? undefined : members.get(message.author_id);
  const text = message?.deleted_at == null ? (message ? summarizeMessage(message) : '…') : 'Deleted message';
  return (
    <button
      type="button"
      className={styles.quote}
      style={{ '--person': personColor(author?.color) } as CSSProperties}
      disabled={!message}
      onClick={() => message && jumpTo(message)}
    >
      <span className="visually-hidden">In reply to</span>
      <span className={styles.quoteAuthor}>{message ? (author?.name ?? DELETED_USER) : ' '}</span>
      <span className={styles.quoteText}>{text}</span>
    </button>
  );
}
