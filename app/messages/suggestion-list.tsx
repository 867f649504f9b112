import type { ReactNode } from 'react';
import { Avatar } from '../images/avatar.tsx';
import styles from './composer.module.css';
import type { Suggestion } from './suggestions.ts';

interface SuggestionListProps {
  id: string;
  label: string;
  suggestions: readonly Suggestion[];
  /** The one that Enter chooses. */
  active: Suggestion | undefined;
  onPick: (suggestion: Suggestion) => void;
}

/**
 * Suggestions for a mention or an emoji. The focus stays in the text field, which refers to an option with
 * aria-activedescendant.
 */
export function SuggestionList({ id, label, suggestions, active, onPick }: SuggestionListProps): ReactNode {
  return (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <div className={styles.suggestions} role="listbox" id={id} aria-label={label}>
      {suggestions.map((suggestion) => (
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
        <div
          key={suggestion.id}
          id={`${id}-${suggestion.id}`}
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
          role="option"
          aria-selected={suggestion === active}
          className={styles.suggestion}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(suggestion)}
        >
          {suggestion.member && (
            <Avatar
              name={suggestion.member.name}
              color={suggestion.member.color}
              picture={suggestion.member.avatarPath}
              size={28}
            />
          )}{' '}
          {suggestion.label}
        </div>
      ))}
    </div>
  );
}
