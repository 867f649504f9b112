/** One statement of a SQL script. */
export interface Statement {
  /** The text without its semicolon, and without whitespace and comments before it. */
  readonly text: string;
  /** Offset of `text` in the script, in characters. */
  readonly offset: number;
  /** The command of psql that ends it instead of a semicolon, without its backslash; `text` may be empty then. */
  readonly command?: string;
  /** The lines after a `copy … from stdin`, up to `\.`. */
  readonly rows?: string;
}

/** Characters within which a COPY says where its rows are: enough for 1,600 columns. */
const MAX_COPY = 200_000;
const COPY_IN = /^copy\b.*\bfrom\s+stdin\b/is;

/**
 * Splits a script into statements. Semicolons in strings, quoted identifiers, comments, dollar quotes, parentheses
 * (rules) and `begin atomic … end` bodies do not end a statement.
 *
 * @param commands as psql reads a script: a backslash begins a command, which extends to the end of its line, and the lines
 *   after `copy … from stdin` are rows
 */
export function splitStatements(script: string, commands = false): Statement[] {
  const statements: Statement[] = [];
  let start = -1;
  let depth = 0;
  let atomicDepth = 0;
  let lastWord = '';
  let at = 0;
  const end = (until: number, more: Pick<Statement, 'command' | 'rows'> = {}): void => {
    const text = start < 0 ? '' : script.slice(start, until).trimEnd();
    if (start >= 0 || more.command !== undefined)
      statements.push({ text, offset: start < 0 ? until : start, ...more });
    start = -1;
    depth = 0;
    atomicDepth = 0;
    lastWord = '';
  };
  while (at < script.length) {
    const skipped = skipBlanks(script, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const char = script.charAt(at);
    if (char === ';' && depth === 0 && atomicDepth === 0) {
      // The first characters say whether the whole text, which may be long, is worth a look.
      const isCopy =
        commands && start >= 0 && COPY_IN.test(script.slice(start, Math.min(at, start + MAX_COPY)));
      const rows = isCopy ? rowsAfter(script, at) : undefined;
      end(at, rows && { rows: script.slice(rows.start, rows.end) });
      at = rows?.next ?? at + 1;
      continue;
    }
    if (commands && char === '\\') {
      const newline = script.indexOf('\n', at);
      const lineEnd = newline < 0 ? script.length : newline;
      end(at, { command: script.slice(at + 1, lineEnd).trim() });
      at = lineEnd;
      continue;
    }
    if (start < 0) start = at;
    const next = skipToken(script, at);
    const token = script.slice(at, next);
    if (token === '(') depth += 1;
    else if (token === ')') depth = Math.max(0, depth - 1);
    else if (isWord(char)) {
      const word = token.toLowerCase();
      if (word === 'atomic' && lastWord === 'begin') atomicDepth = 1;
      else if (atomicDepth > 0 && word === 'case') atomicDepth += 1;
      else if (atomicDepth > 0 && word === 'end') atomicDepth -= 1;
      lastWord = word;
    }
    at = next;
  }
  end(script.length);
  return statements;
}

/** Where the rows of a COPY lie that ends at `at`: from the next line to a line `\.`, or to the end. */
function rowsAfter(script: string, at: number): { start: number; end: number; next: number } {
  const newline = script.indexOf('\n', at);
  if (newline < 0) return { start: script.length, end: script.length, next: script.length };
  const last = /\n\\\.\r?(?=\n|$)/g;
  last.lastIndex = newline;
  const match = last.exec(script);
  const end = match?.index ?? script.length;
  return {
    start: newline + 1,
    end: Math.max(newline + 1, end + 1),
    next: match ? last.lastIndex : script.length,
  };
}

/** End of the whitespace or comment at `at`; `at` itself where there is none. */
export function skipBlanks(script: string, at: number): number {
  if (/\s/.test(script.charAt(at))) return at + 1;
  if (script.startsWith('--', at)) {
    const newline = script.indexOf('\n', at);
    return newline < 0 ? script.length : newline + 1;
  }
  if (!script.startsWith('/*', at)) return at;
  // PostgreSQL's block comments nest.
  let depth = 1;
  let next = at + 2;
  while (next < script.length && depth > 0) {
    if (script.startsWith('/*', next)) depth += 1;
    else if (script.startsWith('*/', next)) depth -= 1;
    else {
      next += 1;
      continue;
    }
    next += 2;
  }
  return next;
}

/** End of the string, identifier, dollar quote, word or single character at `at`. */
export function skipToken(script: string, at: number): number {
  const char = script.charAt(at);
  if (char === "'") return skipQuoted(script, at, "'", false);
  if (char === '"') return skipQuoted(script, at, '"', false);
  if (/[eE]/.test(char) && script.charAt(at + 1) === "'") return skipQuoted(script, at + 1, "'", true);
  if (char === '$') {
    const tag = /^\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(script.slice(at, at + 80))?.[0];
    if (tag === undefined) return at + 1;
    const close = script.indexOf(tag, at + tag.length);
    return close < 0 ? script.length : close + tag.length;
  }
  if (!isWord(char)) return at + 1;
  let next = at + 1;
  while (next < script.length && (isWord(script.charAt(next)) || script.charAt(next) === '$')) next += 1;
  return next;
}

function skipQuoted(script: string, at: number, quote: string, backslashes: boolean): number {
  let next = at + 1;
  while (next < script.length) {
    const char = script.charAt(next);
    if (backslashes && char === '\\') next += 2;
    else if (char !== quote) next += 1;
    else if (script.charAt(next + 1) === quote) next += 2;
    else return next + 1;
  }
  return script.length;
}

function isWord(char: string): boolean {
  return /[\w\u0080-\uffff]/.test(char);
}
