// Go text/template/parse/lex.go

export type TokenType =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'comma'
  | 'string'
  | 'variable'
  | 'character'
  | 'field'
  | 'dot'
  | 'number'
  | 'identifier'
  | 'keyword'
  | 'bool'
  | 'nil'
  | 'open paren'
  | 'close paren'
  | 'other'
  | 'error'
  | 'end';

/** A token with its text (for an error its message) and the line it begins in, from 1. */
export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly line: number;
}

const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);

/** Splits a template into tokens; the last one is `end`, or `error` where the template cannot be read further. */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #parens = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    while (this.#text()) while (this.#action());
    return this.#tokens;
  }

  /** Reads text and the delimiter behind it; false where the tokens end. */
  #text(): boolean {
    const open = this.#source.indexOf('{{', this.#at);
    if (open < 0) {
      if (this.#at < this.#source.length) this.#emit('text', this.#source.length);
      return this.#emit('end', this.#at);
    }
    const trims = this.#matches(/-[ \t\r\n]/y, open + 2) !== undefined;
    const text = this.#source.slice(this.#at, open);
    const end = this.#at + (trims ? text.replace(/[ \t\r\n]+$/, '') : text).length;
    if (end > this.#at) this.#emit('text', end);
    this.#skip(open);
    const inside = open + (trims ? 4 : 2);
    if (this.#source.startsWith('/*', inside)) return this.#comment(inside);
    this.#emit('open', open + 2);
    this.#skip(inside);
    this.#parens = 0;
    return true;
  }

  /** A comment is no token, and what it trims is cut from the texts around it. */
  #comment(start: number): boolean {
    const end = this.#source.indexOf('*/', start + 2);
    if (end < 0) return this.#fail('unclosed comment');
    const close = this.#matches(/[ \t\r\n]-\}\}[ \t\r\n]*|\}\}/y, end + 2);
    if (close === undefined) return this.#fail('comment ends before closing delimiter');
    this.#skip(end + 2 + close.length);
    return this.#text();
  }

  /** Reads one token inside an action; false behind its end. */
  #action(): boolean {
    const close = this.#matches(/[ \t\r\n]-\}\}|\}\}/y);
    if (close !== undefined) {
      if (this.#parens > 0) return this.#fail('unclosed left paren');
      this.#emit('close', this.#at + close.length);
      if (close.length > 2) this.#skip(this.#at + (this.#matches(/[ \t\r\n]+/y)?.length ?? 0));
      return false;
    }
    const rest = (pattern: RegExp): number => this.#at + (this.#matches(pattern)?.length ?? 0);
    const char = this.#source[this.#at];
    if (char === undefined) return this.#fail('unclosed action');
    if (/[ \t\r\n]/.test(char)) return this.#emit('space', rest(/[ \t\r\n]+?(?=[ \t\r\n]-\}\})|[ \t\r\n]+/y));
    if (char === '=') return this.#emit('assign', this.#at + 1);
    if (char === ':') {
      if (this.#source[this.#at + 1] !== '=') return this.#fail('expected :=');
      return this.#emit('declare', this.#at + 2);
    }
    if (char === '|') return this.#emit('pipe', this.#at + 1);
    if (char === ',') return this.#emit('comma', this.#at + 1);
    if (char === '(' || char === ')') return this.#paren(char);
    if (char === '"') return this.#quoted('string', /"(?:[^"\\\n]|\\[^\n])*"/y, 'unterminated quoted string');
    if (char === '`') return this.#quoted('string', /`[^`]*`/y, 'unterminated raw quoted string');
    if (char === "'")
      return this.#quoted('character', /'(?:[^'\\\n]|\\[^\n])*'/y, 'unterminated character constant');
    if (/[+\-0-9]/.test(char) || this.#matches(/\.(?:[0-9]|$)/y) !== undefined) return this.#number();
    const word = this.#matches(/[$.]?[\p{L}\p{Nd}_]*/uy) ?? '';
    if (word !== '') return this.#word(word);
    if (/[ -~]/.test(char)) return this.#emit('other', this.#at + 1);
    return this.#fail(`unrecognized character in action: ${JSON.stringify(char)}`);
  }

  #paren(char: '(' | ')'): boolean {
    this.#parens += char === '(' ? 1 : -1;
    if (this.#parens < 0) return this.#fail('unexpected right paren');
    return this.#emit(char === '(' ? 'open paren' : 'close paren', this.#at + 1);
  }

  #quoted(type: 'string' | 'character', pattern: RegExp, message: string): boolean {
    const text = this.#matches(pattern);
    return text === undefined ? this.#fail(message) : this.#emit(type, this.#at + text.length);
  }

  #number(): boolean {
    const pattern =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)/y;
    const text = this.#matches(pattern) ?? '';
    const bad = this.#matches(/[\p{L}\p{Nd}_+-]/uy, this.#at + text.length);
    if (bad !== undefined || text === '')
      return this.#fail(`bad number syntax: ${JSON.stringify(text + (bad ?? ''))}`);
    return this.#emit('number', this.#at + text.length);
  }

  #word(word: string): boolean {
    const end = this.#at + word.length;
    if (end < this.#source.length && this.#matches(/[ \t\r\n.,|:()]|\}\}/y, end) === undefined)
      return this.#fail(`bad character ${JSON.stringify(this.#source[end])}`);
    if (word === '.') return this.#emit('dot', end);
    if (word.startsWith('.')) return this.#emit('field', end);
    if (word.startsWith('$')) return this.#emit('variable', end);
    if (KEYWORDS.has(word)) return this.#emit('keyword', end);
    if (word === 'true' || word === 'false') return this.#emit('bool', end);
    return this.#emit(word === 'nil' ? 'nil' : 'identifier', end);
  }

  /** What the sticky pattern matches at the position, undefined if it does not match there. */
  #matches(pattern: RegExp, at = this.#at): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#source)?.[0];
  }

  #emit(type: TokenType, end: number): boolean {
    this.#tokens.push({ type, text: this.#source.slice(this.#at, end), line: this.#line });
    this.#skip(end);
    return type !== 'end';
  }

  #fail(message: string): false {
    this.#tokens.push({ type: 'error', text: message, line: this.#line });
    this.#at = this.#source.length;
    return false;
  }

  #skip(end: number): void {
    this.#line += this.#source.slice(this.#at, end).split('\n').length - 1;
    this.#at = end;
  }
}
