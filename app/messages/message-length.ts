/** Maximum length of a message in characters, a constraint of the table. */
export const MAX_MESSAGE_LENGTH = 4_000;

/** Number of characters over the limit, counted as the database does; 0 if the text fits. */
export function excessOf(text: string): number {
  const trimmed = text.trim();
  // A character has one or two code units, so most texts need no counting.
  if (trimmed.length <= MAX_MESSAGE_LENGTH) return 0;
  return Math.max(0, Array.from(trimmed).length - MAX_MESSAGE_LENGTH);
}
