import { TemplateError } from '../errors.ts';
import { tokenize, type Token, type TokenType } from './lexer.ts';

// Go text/template/parse/parse.go

/** The tokens of a template, and the position that parsing has reached. */
export class Tokens {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** The furthest token that was looked at: Go names its line in errors. */
  #furthest = 0;

  constructor(source: string) {
    this.#tokens = tokenize(source);
  }

  /** The position, to which `goTo` leads back. */
  get position(): number {
    return this.#at;
  }

  goTo(position: number): void {
    this.#at = position;
  }

  isKeyword(token: Token, text: string): boolean {
    return token.type === 'keyword' && token.text === text;
  }

  peek(): Token {
    this.#furthest = Math.max(this.#furthest, this.#at);
    return this.#tokens[this.#at] ?? this.fail('unexpected EOF');
  }

  next(): Token {
    const token = this.peek();
    if (token.type !== 'end') this.#at++;
    return token;
  }

  peekSolid(): Token {
    while (this.peek().type === 'space') this.#at++;
    return this.peek();
  }

  nextSolid(): Token {
    this.peekSolid();
    return this.next();
  }

  expect(type: TokenType, context: string): void {
    const token = this.nextSolid();
    if (token.type !== type) this.unexpected(token, context);
  }

  unexpected(token: Token, context: string): never {
    if (token.type === 'error') this.fail(token.text);
    const shown = token.type === 'end' ? 'EOF' : `<${token.text}>`;
    return this.fail(`unexpected ${shown} in ${context}`);
  }

  fail(message: string): never {
    const token = this.#tokens[Math.min(this.#furthest, this.#tokens.length - 1)];
    throw new TemplateError('parse', token?.line ?? 1, message);
  }
}
