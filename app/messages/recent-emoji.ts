const KEY = 'ourchat:emoji';
const MAX_RECENT = 16;

/** The emoji used last on this device, newest first. */
export function readRecentEmoji(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((emoji) => typeof emoji === 'string') : [];
  } catch {
    return [];
  }
}

export function noteEmoji(emoji: string): void {
  const recent = [emoji, ...readRecentEmoji().filter((other) => other !== emoji)].slice(0, MAX_RECENT);
  try {
    localStorage.setItem(KEY, JSON.stringify(recent));
  } catch {
    // Blocked or full storage: nothing is remembered.
  }
}
