import { skipBlanks, skipToken } from '../../postgres/sql-script.ts';

/** Words before UPDATE or DELETE that make it a part of another statement: FOR UPDATE, ON DELETE, DO UPDATE, … */
const NO_STATEMENT = new Set(['after', 'before', 'do', 'for', 'instead', 'key', 'of', 'on', 'or']);
/** A statement, or its beginning, in a text that is executed. */
const DYNAMIC = /\bdelete\s+from\b|^\W*update\b|\bupdate\b.+\bset\b/is;

/**
 * Whether SQL or PL/pgSQL holds an UPDATE or DELETE that may lack its WHERE. The answer errs on the side of yes: whether
 * such a statement really runs is seen when it does (`database/unfiltered-guard.ts`).
 */
export function mayLackFilter(source: string): boolean {
  const isDynamic = /\b(execute|do)\b/i.test(source);
  // For each open parenthesis, and the statement itself: whether a write in it still lacks its WHERE.
  const open = [false];
  let previous = '';
  for (let at = 0; at < source.length;) {
    const blank = skipBlanks(source, at);
    if (blank > at) {
      at = blank;
      continue;
    }
    const end = skipToken(source, at);
    const token = source.slice(at, end).toLowerCase();
    at = end;
    if (/^(e?'|\$.*\$)/s.test(token)) {
      const text = token.replace(/^(e?'|\$\w*\$)/, '').replace(/('|\$\w*\$)$/, '');
      if (isDynamic && DYNAMIC.test(text) && mayLackFilter(text)) return true;
    } else if (token === '(') open.push(false);
    else if (token === ')' || token === ';') {
      if (open.pop() === true) return true;
      if (token === ';' || open.length === 0) open.push(false);
    } else if (token === 'where') open[open.length - 1] = false;
    else if ((token === 'update' || token === 'delete') && !NO_STATEMENT.has(previous))
      open[open.length - 1] = true;
    previous = token;
  }
  return open.includes(true);
}
