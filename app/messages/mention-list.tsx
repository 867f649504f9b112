import type { ReactNode } from 'react';
import { Avatar } from '../images/avatar.tsx';
import type { Member } from '../model/member.ts';
import styles from './composer.module.css';

interface MentionListProps {
  id: string;
  members: readonly Member[];
  /** The one that Enter chooses. */
  active: Member | undefined;
  onPick: (name: string) => void;
}

/**
 * Suggestions for a mention. The focus stays in the text field, which refers to an option with
 * aria-activedescendant.
 */
export function MentionList({ id, members, active, onPick }: MentionListProps): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <div className={styles.suggestions} role="listbox" id={id} aria-label="People">
      {members.map((member) => (
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
        <div
          key={member.id}
          id={`${id}-${member.id}`}
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
          role="option"
          aria-selected={member === active}
          className={styles.suggestion}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(member.name)}
        >
          <Avatar name={member.name} color={member.color} picture={member.avatarPath} size={28} />{' '}
          {member.name}
        </div>
      ))}
    </div>
  );
}
