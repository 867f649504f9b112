// The named character references that stand for ASCII or a blank: others never decide a context.
const NAMED = new Map<string, string>();
for (const [char, names] of Object.entries({
  '\t': 'Tab',
  '\n': 'NewLine',
  '!': 'excl',
  '"': 'quot QUOT',
  '#': 'num',
  $: 'dollar',
  '%': 'percnt',
  '&': 'amp AMP',
  "'": 'apos',
  '(': 'lpar',
  ')': 'rpar',
  '*': 'ast midast',
  '+': 'plus',
  ',': 'comma',
  '.': 'period',
  '/': 'sol',
  ':': 'colon',
  ';': 'semi',
  '<': 'lt LT',
  '=': 'equals',
  '>': 'gt GT',
  '?': 'quest',
  '@': 'commat',
  '[': 'lsqb lbrack',
  '\\': 'bsol',
  ']': 'rsqb rbrack',
  '^': 'Hat',
  _: 'lowbar UnderBar',
  '`': 'grave DiacriticalGrave',
  '{': 'lcub lbrace',
  '|': 'verbar vert VerticalLine',
  '}': 'rcub rbrace',
  '\u00a0': 'nbsp NonBreakingSpace',
})) {
  for (const name of names.split(' ')) NAMED.set(name, char);
}

/** Resolves the character references in an attribute's value (Go html/escape.go). */
export function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#[xX]([0-9a-fA-F]+);?|#([0-9]+);?|([a-zA-Z]+);|(quot|QUOT|amp|AMP|lt|LT|gt|GT|nbsp))/g,
    (all, hex?: string, decimal?: string, name?: string, bare?: string) => {
      if (hex === undefined && decimal === undefined) return NAMED.get(name ?? bare ?? '') ?? all;
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
      return isCharacter ? String.fromCodePoint(code) : '\ufffd';
    },
  );
}
