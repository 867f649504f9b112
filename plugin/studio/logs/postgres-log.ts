import { open, stat } from 'node:fs/promises';

/** An entry of PostgreSQL's log. */
export interface PostgresEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The user of the connection; undefined for the server's own processes. */
  readonly user: string | undefined;
  readonly level: 'error' | 'warning' | 'info';
  readonly text: string;
}

// The server's log_line_prefix is '%m [%p] %q%u '.
const ENTRY = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) \w+ \[\d+\] (?:(\S+) )?([A-Z0-9]+): {2}(.*)$/;

const LEVELS: Readonly<Record<string, PostgresEntry['level']>> = {
  ERROR: 'error',
  FATAL: 'error',
  PANIC: 'error',
  WARNING: 'warning',
};

/** Lines that belong to the entry before, as DETAIL, HINT and STATEMENT do. */
const PARTS = new Set(['DETAIL', 'HINT', 'STATEMENT', 'CONTEXT', 'QUERY', 'LOCATION']);

/** Reads the entries of a part of the log that begins with a line. */
export function parseEntries(text: string): PostgresEntry[] {
  const entries: { at: number; user: string | undefined; level: PostgresEntry['level']; text: string }[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, time, user, severity = '', message = ''] = ENTRY.exec(line) ?? [];
    const last = entries.at(-1);
    if (time === undefined || PARTS.has(severity)) {
      const part = time === undefined ? line : `${severity}: ${message}`;
      if (last && part.trim() !== '') last.text += `\n${part.trim()}`;
    } else {
      const at = Date.parse(`${time.replace(' ', 'T')}Z`);
      entries.push({ at, user, level: LEVELS[severity] ?? 'info', text: `${severity}: ${message}` });
    }
  }
  return entries;
}

const POLL_MS = 500;
const FIRST_BYTES = 64 * 1024;
const MAX_BYTES = 1024 * 1024;

/**
 * Calls `onEntries` with the latest entries of the log, then with those that come.
 *
 * @returns how to stop
 */
export function followLog(file: string, onEntries: (entries: readonly PostgresEntry[]) => void): () => void {
  let position: number | undefined;
  let isReading = false;
  const read = async (): Promise<void> => {
    const { size } = await stat(file);
    // A server that starts may begin the file again.
    if (position !== undefined && size < position) position = 0;
    const start = Math.max(position ?? size - FIRST_BYTES, size - MAX_BYTES, 0);
    if (start === size) return;
    const text = await readPart(file, start, size);
    // A line that is still being written comes with the next part.
    const end = text.lastIndexOf('\n') + 1;
    position = start + Buffer.byteLength(text.slice(0, end));
    const entries = parseEntries(text.slice(0, end));
    if (entries.length > 0) onEntries(entries);
  };
  const poll = (): void => {
    if (isReading) return;
    isReading = true;
    void read()
      .catch(() => {})
      .finally(() => (isReading = false));
  };
  poll();
  const timer = setInterval(poll, POLL_MS).unref();
  return () => clearInterval(timer);
}

async function readPart(file: string, start: number, end: number): Promise<string> {
  const handle = await open(file);
  try {
    const buffer = Buffer.alloc(end - start);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
