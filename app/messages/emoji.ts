/** Offered first for reactions. */
export const QUICK_EMOJI = ['👍', '❤️', '😂', '😮', '😢', '🎉'] as const;

/** A small set that covers a family's day; every other one can be typed. */
export const EMOJI: readonly { readonly label: string; readonly emoji: readonly string[] }[] = [
  {
    label: 'Faces',
    emoji: ['😀', '😂', '😊', '😍', '😘', '😉', '😎', '🤗', '🤔', '😴', '😮', '😢', '😭', '😡', '🥳', '🤒'],
  },
  {
    label: 'Hands and hearts',
    emoji: ['👍', '👎', '👏', '🙏', '👋', '💪', '🤞', '👌', '❤️', '🧡', '💛', '💚', '💙', '💜', '💔', '✨'],
  },
  {
    label: 'Every day',
    emoji: ['🎉', '🎂', '🎁', '☕', '🍕', '🍓', '🥕', '🍰', '🌞', '🌧️', '❄️', '🌈', '🏡', '🚗', '🚲', '✈️'],
  },
  {
    label: 'Living things',
    emoji: ['🐶', '🐱', '🐰', '🐻', '🐦', '🐝', '🌷', '🌻', '🌳', '👶', '👵', '👴', '👪', '⚽', '📷', '✅'],
  },
];
