const TOKEN = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w$]+|\S/g;

/** What formatters add and remove. */
const OPTIONAL = new Set([';', ',', '(', ')']);

/** After these, a `|` only begins a list of its own lines. */
const BEFORE_LIST = new Set([':', '=', '(', '<', '[', '?', undefined]);

/** Whether two texts of TypeScript types are the same but for comments, quotes, and where lines break and end. */
export function isSameButForFormat(a: string, b: string): boolean {
  return a === b || tokensOf(a) === tokensOf(b);
}

/** The tokens that a formatter leaves alone, separated by lines. */
export function tokensOf(source: string): string {
  const tokens: string[] = [];
  let last: string | undefined;
  for (const [token] of source.matchAll(TOKEN)) {
    if (token.startsWith('//') || token.startsWith('/*')) continue;
    const isListStart = token === '|' && BEFORE_LIST.has(last);
    last = token;
    if (!isListStart && !OPTIONAL.has(token)) tokens.push(withoutQuotes(token));
  }
  return tokens.join('\n');
}

/** The value of a string; formatters also choose whether the name of a property has quotes. */
function withoutQuotes(token: string): string {
  const [quote] = token;
  if ((quote !== '"' && quote !== "'") || token.length < 2) return token;
  return token.slice(1, -1).replaceAll(/\\(["'])/g, '$1');
}
