/** Characters that a message holds (the table's constraint). */
export const MAX_MESSAGE_LENGTH = 4_000;

/** How many characters of a text are too many, counted as the database counts; 0 when it fits. */
export function excessOf(text: string): number {
  const trimmed = text.trim();
  // A character has one or two code units: most texts need no counting.
  if (trimmed.length <= MAX_MESSAGE_LENGTH) return 0;
  return Math.max(0, Array.from(trimmed).length - MAX_MESSAGE_LENGTH);
}
