import {
  emptyError,
  expecting,
  mergeErrors,
  relabel,
  unexpectedInput,
  unexpectedToken,
  type ParseError,
} from './parse-error.ts';

/**
 * Parser combinators with the failure rules of Haskell's Parsec. PostgREST's grammar relies on them, and so do clients,
 * through its error messages: after a failure without consumed input the next alternative is tried; expectations at the
 * same position are merged; `attempt` turns a failure that consumed input into one that did not.
 */
export type Parser<T> = (input: string, at: number) => Reply<T>;

export type Reply<T> = Success<T> | Failure;

interface Success<T> {
  readonly ok: true;
  readonly consumed: boolean;
  readonly value: T;
  readonly at: number;
  /** What else the parser would have accepted at `at`. */
  readonly error: ParseError;
}

interface Failure {
  readonly ok: false;
  readonly consumed: boolean;
  readonly error: ParseError;
}

function succeed<T>(consumed: boolean, value: T, at: number, error: ParseError): Success<T> {
  return {
    ok: true,
    consumed,
    value,
    at,
    error,
  };
}

const fail = (consumed: boolean, error: ParseError): Failure => ({ ok: false, consumed, error });

/** The whole character at `at`, or undefined at the end. */
function charAt(input: string, at: number): string | undefined {
  const code = input.codePointAt(at);
  return code === undefined ? undefined : String.fromCodePoint(code);
}

/** One character that satisfies the test. */
export function satisfy(test: (char: string) => boolean, label?: string): Parser<string> {
  return (input, at) => {
    const char = charAt(input, at);
    if (char !== undefined && test(char))
      return succeed(true, char, at + char.length, emptyError(at + char.length));
    const error = unexpectedInput(at, char);
    return fail(false, label === undefined ? error : relabel(error, label));
  };
}

/** Exactly this character. */
export function char(expected: string): Parser<string> {
  return satisfy((c) => c === expected, JSON.stringify(expected));
}

/** Exactly this text; a match of its beginning alone is a failure that consumed input. */
export function text<T extends string>(expected: T): Parser<T> {
  const label = JSON.stringify(expected);
  return (input, at) => {
    if (input.startsWith(expected, at))
      return succeed(true, expected, at + expected.length, emptyError(at + expected.length));
    let matched = 0;
    while (input[at + matched] === expected[matched]) matched += 1;
    return fail(matched > 0, relabel(unexpectedInput(at, charAt(input, at + matched)), label));
  };
}

/** As many characters as satisfy the test, at least `min` (0 or 1); `labels` name what could follow. */
export function takeWhile(
  test: (char: string) => boolean,
  min: 0 | 1,
  labels: readonly string[] = [],
): Parser<string> {
  return (input, at) => {
    let end = at;
    let next = charAt(input, end);
    while (next !== undefined && test(next)) {
      end += next.length;
      next = charAt(input, end);
    }
    const error = expecting(unexpectedInput(end, next), labels);
    if (end === at && min === 1) return fail(false, error);
    return succeed(end > at, input.slice(at, end), end, error);
  };
}

/** The rest of the input. */
export function rest(input: string, at: number): Reply<string> {
  const { length } = input;
  return succeed(at < length, input.slice(at), length, unexpectedInput(length, undefined));
}

/** Succeeds without consuming input. */
export function pure<T>(value: T): Parser<T> {
  return (_input, at) => succeed(false, value, at, emptyError(at));
}

export function map<T, R>(parser: Parser<T>, change: (value: T) => R): Parser<R> {
  return (input, at) => {
    const reply = parser(input, at);
    return reply.ok ? succeed(reply.consumed, change(reply.value), reply.at, reply.error) : reply;
  };
}

/** `before`, then `parser`; the value is that of `parser`. */
export function after<T>(before: Parser<unknown>, parser: Parser<T>): Parser<T> {
  return sequence([before, parser], (_before, value) => value);
}

/** `parser`, then `next`; the value is that of `parser`. */
export function followedBy<T>(parser: Parser<T>, next: Parser<unknown>): Parser<T> {
  return sequence([parser, next], (value) => value);
}

/** `parser`, but it fails on values that do not satisfy the test. */
export function where<T>(parser: Parser<T>, test: (value: T) => boolean): Parser<T> {
  return (input, at) => {
    const reply = parser(input, at);
    return !reply.ok || test(reply.value) ? reply : fail(reply.consumed, reply.error);
  };
}

/** The values of a list of parsers, in order. */
type Values<T extends readonly Parser<unknown>[]> = {
  -readonly [K in keyof T]: T[K] extends Parser<infer V> ? V : never;
};

/** One parser after another; `build` combines their values. */
export function sequence<const T extends readonly Parser<unknown>[], R>(
  parsers: T,
  build: (...values: Values<T>) => R,
): Parser<R> {
  return (input, start) => {
    const values: unknown[] = [];
    let at = start;
    let consumed = false;
    let error = emptyError(start);
    for (const parser of parsers) {
      const reply = parser(input, at);
      error = reply.consumed ? reply.error : mergeErrors(error, reply.error);
      consumed ||= reply.consumed;
      if (!reply.ok) return fail(consumed, error);
      values.push(reply.value);
      at = reply.at;
    }
    return succeed(consumed, build(...(values as Values<T>)), at, error);
  };
}

/** The first alternative that succeeds, or that fails after it consumed input. */
export function choice<T>(...alternatives: readonly Parser<T>[]): Parser<T> {
  return (input, at) => {
    let error = emptyError(at);
    for (const alternative of alternatives) {
      const reply = alternative(input, at);
      if (reply.consumed) return reply;
      error = mergeErrors(error, reply.error);
      if (reply.ok) return succeed(false, reply.value, reply.at, error);
    }
    return fail(false, error);
  };
}

/** `parser`, but a failure counts as one that consumed nothing. */
export function attempt<T>(parser: Parser<T>): Parser<T> {
  return (input, at) => {
    const reply = parser(input, at);
    return reply.ok || !reply.consumed ? reply : fail(false, reply.error);
  };
}

/** `parser`, with `name` as its expectation where it consumes nothing. */
export function label<T>(parser: Parser<T>, name: string): Parser<T> {
  return (input, at) => {
    const reply = parser(input, at);
    if (reply.consumed) return reply;
    if (!reply.ok) return fail(false, relabel(reply.error, name));
    return reply.error.messages.length === 0
      ? reply
      : succeed(false, reply.value, reply.at, relabel(reply.error, name));
  };
}

/** The parser's value, or `undefined` where it fails without consuming input. */
export function optional<T>(parser: Parser<T>): Parser<T | undefined> {
  return choice<T | undefined>(parser, pure(undefined));
}

export function many<T>(parser: Parser<T>): Parser<T[]> {
  return (input, start) => {
    const values: T[] = [];
    let at = start;
    for (;;) {
      const reply = parser(input, at);
      if (reply.ok && reply.consumed) {
        values.push(reply.value);
        at = reply.at;
        continue;
      }
      if (!reply.ok && reply.consumed) return reply;
      return succeed(at > start, values, at, reply.error);
    }
  };
}

export function separatedBy1<T>(parser: Parser<T>, separator: Parser<unknown>): Parser<T[]> {
  const following = sequence([separator, parser], (_separator, value) => value);
  return sequence([parser, many(following)], (first, others) => [first, ...others]);
}

export function separatedBy<T>(parser: Parser<T>, separator: Parser<unknown>): Parser<T[]> {
  return choice(separatedBy1(parser, separator), (_input, at) => succeed<T[]>(false, [], at, emptyError(at)));
}

/** The parser's value, without consuming it. */
export function lookAhead<T>(parser: Parser<T>): Parser<T> {
  return (input, at) => {
    const reply = parser(input, at);
    return reply.ok ? succeed(false, reply.value, at, emptyError(at)) : reply;
  };
}

/** Succeeds where the parser fails; consumes nothing. */
export function notFollowedBy(parser: Parser<string>): Parser<undefined> {
  return (input, at) => {
    const reply = parser(input, at);
    if (!reply.ok) return succeed(false, undefined, at, emptyError(at));
    return fail(false, unexpectedToken(reply.at, reply.value));
  };
}

/** Succeeds at the end of the input. */
export function endOfInput(input: string, at: number): Reply<undefined> {
  const char = charAt(input, at);
  if (char === undefined) return succeed(false, undefined, at, emptyError(at));
  return fail(false, expecting(unexpectedToken(at, char), ['end of input']));
}

/** Runs the parser from the start of `input`; it need not reach the end. */
export function run<T>(parser: Parser<T>, input: string): { value: T } | { error: ParseError } {
  const reply = parser(input, 0);
  return reply.ok ? { value: reply.value } : { error: reply.error };
}
