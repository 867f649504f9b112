import type { ReactNode } from 'react';
import { QUICK_EMOJI } from './emoji.ts';

interface QuickReactionsProps {
  count: number;
  className: string | undefined;
  onPick: (emoji: string) => void;
}

/** Buttons for the most common reactions. */
export function QuickReactions({ count, className, onPick }: QuickReactionsProps): ReactNode {
  return QUICK_EMOJI.slice(0, count).map((emoji) => (
    <button
      key={emoji}
      type="button"
      className={className}
      aria-label={`React with ${emoji}`}
      onClick={() => onPick(emoji)}
    >
      {emoji}
    </button>
  ));
}
