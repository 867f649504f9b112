/** Offered first for reactions. */
export const QUICK_EMOJI = ['👍', '❤️', '😂', '😮', '😢', '🎉'] as const;

/** A small selection; all others can be typed. */
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
    label: 'Everyday',
    emoji: ['🎉', '🎂', '🎁', '☕', '🍕', '🍓', '🥕', '🍰', '🌞', '🌧️', '❄️', '🌈', '🏡', '🚗', '🚲', '✈️'],
  },
  {
    label: 'Living things',
    emoji: ['🐶', '🐱', '🐰', '🐻', '🐦', '🐝', '🌷', '🌻', '🌳', '👶', '👵', '👴', '👪', '⚽', '📷', '✅'],
  },
];
