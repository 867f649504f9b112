/** A script that was run. */
export interface Entry {
  readonly sql: string;
  readonly as: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const HISTORY = 'supabase-studio.sql.history';
const DRAFT = 'supabase-studio.sql.draft';
const KEPT = 50;
const MAX_LENGTH = 20_000;

/** The scripts that were run in this browser, the newest first. */
export function readHistory(): readonly Entry[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(HISTORY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isEntry) : [];
  } catch {
    return [];
  }
}

/** Adds a script, which then is there once. @returns the history with it */
export function addToHistory(entry: Entry): readonly Entry[] {
  const others = readHistory().filter(({ sql, as }) => sql !== entry.sql || as !== entry.as);
  const history = entry.sql.length > MAX_LENGTH ? others : [entry, ...others].slice(0, KEPT);
  write(HISTORY, JSON.stringify(history));
  return history;
}

export function clearHistory(): void {
  localStorage.removeItem(HISTORY);
}

/** The text of the editor when it was last left. */
export function readDraft(): string {
  return localStorage.getItem(DRAFT) ?? '';
}

export function keepDraft(text: string): void {
  write(DRAFT, text);
}

function write(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // The app's own data fill the storage of the origin: the history is not kept then.
  }
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null;
  return typeof entry?.sql === 'string' && typeof entry.as === 'string' && typeof entry.at === 'number';
}
