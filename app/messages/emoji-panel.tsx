import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Failure, Loading } from '../shared/state.tsx';
import styles from './emoji-picker.module.css';
import { emojiQuery } from './emoji-query.ts';
import { type Emoji, EMOJI_GROUPS, searchEmoji } from './emoji.ts';
import { readRecentEmoji } from './recent-emoji.ts';

const MAX_FOUND = 64;

interface EmojiPanelProps {
  onPick: (emoji: string) => void;
}

/** All emoji by group, the recent ones first, with a search whose first result Enter picks. */
export function EmojiPanel({ onPick }: EmojiPanelProps): ReactNode {
  const { data, isError, error, refetch } = useQuery(emojiQuery);
  const [typed, setTyped] = useState('');
  const [recent] = useState(readRecentEmoji);
  const found = data === undefined ? [] : searchEmoji(data, typed, MAX_FOUND);
  return (
    <>
      <input
        className={styles.search}
        aria-label="Search emoji"
        placeholder="Search emoji"
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          const [first] = found;
          if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
          event.preventDefault();
          if (first) onPick(first.emoji);
        }}
      />
      <div className={styles.groups}>
        {isError ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : data === undefined ? (
          <Loading label="Loading emoji" />
        ) : typed.trim() !== '' ? (
          <EmojiGroup
            label={found.length === 0 ? `No emoji for “${typed.trim()}”` : 'Found'}
            emoji={found}
            onPick={onPick}
          />
        ) : (
          <>
            {recent.length > 0 && (
              <EmojiGroup
                label="Recent"
                emoji={recent.flatMap((emoji) => data.find((one) => one.emoji === emoji) ?? [])}
                onPick={onPick}
              />
            )}
            {EMOJI_GROUPS.map(
              (label, group) =>
                label !== undefined && (
                  <EmojiGroup
                    key={label}
                    label={label}
                    emoji={data.filter((emoji) => emoji.group === group)}
                    onPick={onPick}
                  />
                ),
            )}
          </>
        )}
      </div>
    </>
  );
}

interface EmojiGroupProps {
  label: string;
  emoji: readonly Emoji[];
  onPick: (emoji: string) => void;
}

function EmojiGroup({ label, emoji, onPick }: EmojiGroupProps): ReactNode {
  return (
    <fieldset className={styles.group}>
      <legend className={styles.label}>{label}</legend>
      <div className={styles.grid}>
        {emoji.map(({ emoji: character, name }) => (
          <button
            key={character}
            type="button"
            className={styles.emoji}
            aria-label={name}
            title={name}
            onClick={() => onPick(character)}
          >
            {character}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
