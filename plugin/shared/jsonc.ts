import { parse, printParseErrorCode, type ParseError } from 'jsonc-parser';

/** Why and where a text is not JSON. */
export class JsoncError extends Error {
  readonly offset: number;

  constructor({ error, offset }: ParseError) {
    // `CommaExpected` → `comma expected`
    const words = printParseErrorCode(error).replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`);
    super(words.toLowerCase());
    this.offset = offset;
  }
}

/**
 * Reads JSON with comments and trailing commas.
 *
 * @throws JsoncError
 */
export function parseJsonc(text: string): unknown {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  if (errors[0]) throw new JsoncError(errors[0]);
  return value;
}
