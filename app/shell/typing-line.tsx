import type { ReactNode } from 'react';
import type { Member } from '../model/member.ts';
import { useTyping } from './family-live.ts';
import styles from './typing-line.module.css';

/** "Anna is typing…". The line is always rendered, so that nothing moves. */
export function TypingLine({
  channelId,
  members,
}: {
  channelId: string;
  members: readonly Member[];
}): ReactNode {
  const ids = useTyping(channelId);
  const names = ids.flatMap((id) => members.find((member) => member.id === id)?.name ?? []);
  return (
    <p className={styles.line} aria-live="polite">
      {describeTyping(names)}
    </p>
  );
}

function describeTyping(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return '';
  if (second === undefined) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return 'Several people are typing…';
}
