/** Kinds of messages, in the order in which an error lists them. */
const UNEXPECTED_INPUT = 0;
const UNEXPECTED_TOKEN = 1;
const EXPECTED = 2;

interface Message {
  readonly kind: typeof UNEXPECTED_INPUT | typeof UNEXPECTED_TOKEN | typeof EXPECTED;
  readonly text: string;
}

/** Why a parser failed; after a success, what else it would have accepted. */
export interface ParseError {
  /** Offset in the input, in UTF-16 units. */
  readonly at: number;
  readonly messages: readonly Message[];
}

const NO_MESSAGES: readonly Message[] = [];

export const emptyError = (at: number): ParseError => ({ at, messages: NO_MESSAGES });

/** A character that no parser accepts; `undefined` is the end of the input. */
export function unexpectedInput(at: number, char: string | undefined): ParseError {
  return {
    at,
    messages: [{ kind: UNEXPECTED_INPUT, text: char === undefined ? '' : showText(char) }],
  };
}

/** A character that a parser rejects explicitly. */
export function unexpectedToken(at: number, char: string): ParseError {
  return { at, messages: [{ kind: UNEXPECTED_TOKEN, text: showChar(char) }] };
}

export function expecting(error: ParseError, labels: readonly string[]): ParseError {
  if (labels.length === 0) return error;
  const expected = labels.map((text): Message => ({ kind: EXPECTED, text }));
  return { at: error.at, messages: [...expected, ...error.messages] };
}

/** Replaces the expectations by one name. */
export function relabel(error: ParseError, label: string): ParseError {
  const others = error.messages.filter((message) => message.kind !== EXPECTED);
  return { at: error.at, messages: [{ kind: EXPECTED, text: label }, ...others] };
}

/** The error at the later position; both, merged, at the same position. */
export function mergeErrors(first: ParseError, second: ParseError): ParseError {
  if (second.messages.length === 0 && first.messages.length > 0) return first;
  if (first.messages.length === 0 && second.messages.length > 0) return second;
  if (first.at !== second.at) return first.at > second.at ? first : second;
  if (first.messages.length === 0) return second;
  return { at: first.at, messages: [...first.messages, ...second.messages] };
}

/** `(line 1, column 5)`, counting characters from 1; a tab advances to the next tab stop of eight. */
export function describePosition(input: string, at: number): string {
  let line = 1;
  let column = 1;
  for (const char of input.slice(0, at)) {
    if (char === '\n') {
      line += 1;
      column = 1;
    } else if (char === '\t') column += 8 - ((column - 1) % 8);
    else column += 1;
  }
  return `(line ${line}, column ${column})`;
}

/** `unexpected "x" expecting "a", "b" or end of input`. */
export function describeMessages(messages: readonly Message[]): string {
  if (messages.length === 0) return 'unknown parse error';
  const textsOf = (kind: Message['kind']): string[] => [
    ...new Set(messages.filter((m) => m.kind === kind && m.text !== '').map((m) => m.text)),
  ];
  const tokens = textsOf(UNEXPECTED_TOKEN);
  const input = messages.find((message) => message.kind === UNEXPECTED_INPUT);
  const parts: string[] = [];
  if (tokens.length > 0) parts.push(`unexpected ${joinWithOr(tokens)}`);
  else if (input && !messages.some((message) => message.kind === UNEXPECTED_TOKEN))
    parts.push(`unexpected ${input.text === '' ? 'end of input' : input.text}`);
  const expected = textsOf(EXPECTED);
  if (expected.length > 0) parts.push(`expecting ${joinWithOr(expected)}`);
  return parts.join(' ');
}

function joinWithOr(texts: readonly string[]): string {
  const last = texts.at(-1) ?? '';
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} or ${last}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\t': String.raw`\t`,
  '\r': String.raw`\r`,
  '\\': String.raw`\\`,
};

// As Haskell's `show`: characters beyond ASCII by their number.
function escapeChar(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return ESCAPES[char] ?? (code < 0x20 || code > 0x7e ? `\\${code}` : char);
}

const showText = (char: string): string => `"${char === '"' ? String.raw`\"` : escapeChar(char)}"`;
const showChar = (char: string): string => `'${char === "'" ? String.raw`\'` : escapeChar(char)}'`;
