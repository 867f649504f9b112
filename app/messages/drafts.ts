const PREFIX = 'ourchat:draft:';

/** What was typed and not sent, by key, for as long as the tab lives: also across a reload. "" when there is nothing. */
export function readDraft(key: string): string {
  try {
    return sessionStorage.getItem(PREFIX + key) ?? '';
  } catch {
    // Blocked storage: nothing is kept.
    return '';
  }
}

/** Keeps a draft; "" forgets it. */
export function keepDraft(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(PREFIX + key);
    else sessionStorage.setItem(PREFIX + key, text);
  } catch {
    // Blocked or full: it lives as long as its text field.
  }
}
