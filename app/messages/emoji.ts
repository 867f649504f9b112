/** Offered first for reactions. */
export const QUICK_EMOJI = ['👍', '❤️', '😂', '😮', '😢', '🎉'] as const;

export interface Emoji {
  readonly emoji: string;
  /** For example "thumbs up". */
  readonly name: string;
  /** Other words that find it. */
  readonly tags: readonly string[];
  /** Index in EMOJI_GROUPS. */
  readonly group: number;
}

/** Emojibase's groups by their numbers; its group 2 are modifiers. */
export const EMOJI_GROUPS = [
  'Smileys',
  'People',
  undefined,
  'Animals and nature',
  'Food and drink',
  'Travel and places',
  'Activities',
  'Objects',
  'Symbols',
  'Flags',
] as const;

/** All emoji without skin tones, in Unicode's order. The data is not part of the first load. */
export async function loadEmoji(): Promise<readonly Emoji[]> {
  const { default: all } = await import('emojibase-data/en/compact.json');
  return all.flatMap(({ unicode, label, tags = [], group }) =>
    group === undefined || EMOJI_GROUPS[group] === undefined
      ? []
      : [{ emoji: normalize(unicode), name: label, tags, group }],
  );
}

/**
 * Emoji by a word, those whose name begins with it first, then those with a word that does.
 *
 * @param limit at most this many
 */
export function searchEmoji(all: readonly Emoji[], typed: string, limit: number): readonly Emoji[] {
  const wanted = typed.trim().toLocaleLowerCase().replaceAll('_', ' ');
  if (wanted === '') return [];
  const rank = ({ name, tags }: Emoji): number => {
    if (name.startsWith(wanted)) return 0;
    if (name.split(/[\s:-]+/).some((word) => word.startsWith(wanted))) return 1;
    return tags.some((tag) => tag.startsWith(wanted)) ? 2 : 3;
  };
  return all
    .map((emoji) => ({ emoji, rank: rank(emoji) }))
    .filter((found) => found.rank < 3)
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map((found) => found.emoji);
}

/** Without the variation selector that most keyboards leave out, so that reactions with the same emoji are one. */
function normalize(unicode: string): string {
  return unicode.replace(/^(\p{Emoji_Presentation})\uFE0F$/u, '$1');
}
