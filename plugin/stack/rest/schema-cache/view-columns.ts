/** The origin of a view's column. */
interface ColumnOrigin {
  /** Number of the view's column, from 1. */
  readonly column: number;
  /** OID of the table or view whose column it shows unchanged. */
  readonly table: string;
  /** Number of that relation's column. */
  readonly tableColumn: number;
}

/**
 * Reads the origins of a view's columns from its rewrite rule (`pg_rewrite.ev_action`), PostgreSQL's printed query
 * tree: `({QUERY :key value … :targetList ({TARGETENTRY …} …) …})`. Only the outermost target list counts.
 */
export function readColumnOrigins(rule: string): ColumnOrigin[] {
  const origins: ColumnOrigin[] = [];
  let depth = 0;
  let inTargetList = false;
  let entry = new Map<string, string>();
  for (const { token, next } of tokens(rule)) {
    if (token === '{' || token === '(') {
      depth += 1;
      if (inTargetList && depth === ENTRY_DEPTH) entry = new Map();
    } else if (token === '}' || token === ')') {
      if (inTargetList && depth === ENTRY_DEPTH) addOrigin(origins, entry);
      depth -= 1;
      if (depth === QUERY_DEPTH) inTargetList = false;
    } else if (depth === QUERY_DEPTH) inTargetList = token === ':targetList';
    else if (inTargetList && depth === ENTRY_DEPTH && token.startsWith(':')) entry.set(token, next());
  }
  return origins;
}

// `(`, `{QUERY`, `(` of the list, `{TARGETENTRY`.
const QUERY_DEPTH = 2;
const ENTRY_DEPTH = 4;

function addOrigin(origins: ColumnOrigin[], entry: ReadonlyMap<string, string>): void {
  const table = entry.get(':resorigtbl') ?? '0';
  const tableColumn = Number(entry.get(':resorigcol'));
  if (table !== '0' && tableColumn > 0)
    origins.push({ column: Number(entry.get(':resno')), table, tableColumn });
}

/** Brackets, `:keys` and values; in values a backslash escapes the next character. */
function* tokens(rule: string): Generator<{ token: string; next: () => string }> {
  const pattern = /[{}()]|(?:\\.|[^\s{}()\\])+/gs;
  // The value after a key; empty for a nested node, whose tokens follow.
  const next = (): string => {
    const at = pattern.lastIndex;
    const value = pattern.exec(rule)?.[0] ?? '';
    if ('{}('.includes(value)) pattern.lastIndex = at;
    return value;
  };
  for (let match = pattern.exec(rule); match; match = pattern.exec(rule)) yield { token: match[0], next };
}
