const PREFIX = 'ourchat:draft:';

/** Unsent text by key, kept in the tab across reloads; "" if there is none. */
export function readDraft(key: string): string {
  try {
    return sessionStorage.getItem(PREFIX + key) ?? '';
  } catch {
    // Blocked storage: nothing is kept.
    return '';
  }
}

/** Stores a draft; "" removes it. */
export function keepDraft(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(PREFIX + key);
    else sessionStorage.setItem(PREFIX + key, text);
  } catch {
    // Blocked or full storage: the draft is lost with its text field.
  }
}
