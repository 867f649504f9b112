/**
 * Reads CSV with a header line (RFC 4180) into the rows of a JSON array: `NULL` is null, everything else is text.
 *
 * @returns the rows, or the error message of PostgREST's CSV library (Haskell's cassava)
 */
export function readCsv(text: string): { rows: Record<string, string | null>[] } | { error: string } {
  const records = readRecords(text);
  if (typeof records === 'string') return { error: records };
  const [header, ...lines] = records;
  if (!header) return { error: 'parse error (not enough input)' };
  if (lines.some((line) => line.length !== header.length))
    return { error: 'All lines must have same number of fields' };
  const rows = lines.map((line) => {
    const row: Record<string, string | null> = Object.create(null) as Record<string, string | null>;
    for (const [index, name] of header.entries()) {
      const value = line[index] ?? '';
      row[name] = value === 'NULL' ? null : value;
    }
    return row;
  });
  return { rows };
}

function readRecords(text: string): string[][] | string {
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at < text.length) {
    let value: string;
    if (text[at] === '"') {
      const end = findClosingQuote(text, at + 1);
      if (end === -1) return 'parse error (endOfInput)';
      value = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      const end = findEndOfField(text, at);
      value = text.slice(at, end);
      at = end;
    }
    record.push(value);
    if (text[at] === ',') {
      at += 1;
      if (at < text.length) continue;
      record.push('');
    } else if (at < text.length && text[at] !== '\n' && text[at] !== '\r') {
      return 'parse error (endOfInput)';
    }
    if (text.startsWith('\r\n', at)) at += 2;
    else at += 1;
    // Blank lines are skipped.
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
  }
  return records;
}

function findClosingQuote(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  return end;
}

function findEndOfField(text: string, from: number): number {
  let end = from;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return end;
}
