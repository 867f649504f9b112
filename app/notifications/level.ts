/** Which messages of a channel notify this device. */
export type NotificationLevel = 'all' | 'mentions' | 'none';

const PREFIX = 'ourchat:notify:';

/** "all" unless the user chose something else on this device. */
export function readLevel(channelId: string): NotificationLevel {
  try {
    const stored = localStorage.getItem(PREFIX + channelId);
    return stored === 'mentions' || stored === 'none' ? stored : 'all';
  } catch {
    return 'all';
  }
}

/** What the user chose on this device, by channel id. */
export function readLevels(): Record<string, NotificationLevel> {
  try {
    const ids = Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX))
      .map((key) => key.slice(PREFIX.length));
    return Object.fromEntries(ids.map((id) => [id, readLevel(id)]));
  } catch {
    return {};
  }
}

export function storeLevel(channelId: string, level: NotificationLevel): void {
  try {
    if (level === 'all') localStorage.removeItem(PREFIX + channelId);
    else localStorage.setItem(PREFIX + channelId, level);
  } catch {
    // Blocked or full storage: the choice ends with the page.
  }
}
