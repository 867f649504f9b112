const FAMILY_KEY = 'ourchat:last-family';
const CHANNEL_KEY = 'ourchat:last-channel:';

/** Remembers the family and channel visited last in this browser. Losing it does no harm. */
export function rememberVisit(familyId: string, channelId: string): void {
  write(FAMILY_KEY, familyId);
  write(CHANNEL_KEY + familyId, channelId);
}

export function lastFamilyId(): string | undefined {
  return read(FAMILY_KEY);
}

export function lastChannelId(familyId: string): string | undefined {
  return read(CHANNEL_KEY + familyId);
}

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    // Blocked storage: nothing is remembered.
    return undefined;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Blocked or full storage: nothing is remembered.
  }
}
