/** A record of a CSV text: fields, null where nothing stands between two separators. */
export interface CsvRecord {
  /** Line on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly (string | null)[];
}

/** The text is not CSV. */
export class CsvError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/**
 * Reads CSV (RFC 4180; also line feeds alone). As in PostgreSQL, a field without quotes and content is null, and `""` is
 * the empty text. Empty lines are left out.
 *
 * @throws CsvError
 */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const fields: (string | null)[] = [];
    for (;;) {
      const field = text[at] === '"' ? readQuoted(text, at, line) : readPlain(text, at);
      fields.push(field.value);
      ({ end: at } = field);
      line += field.lines;
      if (text[at] !== ',') break;
      at += 1;
    }
    if (at < text.length && text[at] !== '\n' && text[at] !== '\r')
      throw new CsvError('After a quoted field comes a comma or the end of the line', line);
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line += 1;
    if (fields.length > 1 || fields[0] !== null) records.push({ line: start, fields });
  }
  return records;
}

interface Field {
  readonly value: string | null;
  readonly end: number;
  /** Line breaks inside. */
  readonly lines: number;
}

const SEPARATOR = /[,\r\n]/g;

function readPlain(text: string, start: number): Field {
  SEPARATOR.lastIndex = start;
  const end = SEPARATOR.exec(text)?.index ?? text.length;
  return { value: end === start ? null : text.slice(start, end), end, lines: 0 };
}

function readQuoted(text: string, start: number, line: number): Field {
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end === -1) throw new CsvError('A quoted field does not end', line);
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  const value = text.slice(start + 1, end).replaceAll('""', '"');
  return { value, end: end + 1, lines: value.split('\n').length - 1 };
}

/** One line of CSV with its line break. */
export function formatCsv(fields: readonly (string | null)[]): string {
  return `${fields.map(formatField).join(',')}\r\n`;
}

function formatField(value: string | null): string {
  if (value === null) return '';
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
