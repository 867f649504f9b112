import { closest } from '../../shared/closest.ts';
import { SupabaseDevError, type SourceLocation } from '../../shared/errors.ts';
import { parseGoDuration } from '../../shared/go-duration.ts';
import { isTable } from './is-table.ts';
import { VariableValue } from './variables.ts';

/** Who set a value, for messages: the name of the file or option, and the place in the file. */
interface Origin {
  readonly name: string;
  readonly location?: SourceLocation | undefined;
}

/** A key that is set and that nothing has read, with the key of the same table that was probably meant. */
export interface UnknownKey {
  readonly path: readonly string[];
  readonly meant: string | undefined;
}

/** Finds out who set the value at a path. */
type FindOrigin = (path: readonly string[]) => Origin;

/** Reads a value: undefined where it has another type. `isVariable`: it is the text of a variable, without a type. */
type Parse<T> = (value: unknown, isVariable: boolean) => T | undefined;

/**
 * A table of `supabase/config.toml`, read key by key with a type and a default.
 *
 * It remembers what was asked for, so that `unread()` can name the keys that are set but that nothing uses.
 */
export class Section {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #findOrigin: FindOrigin;
  readonly #path: readonly string[];
  readonly #read = new Set<string>();
  readonly #ignored = new Set<string>();
  readonly #children = new Map<string, Section>();

  constructor(
    values: Readonly<Record<string, unknown>>,
    findOrigin: FindOrigin = () => ({ name: 'supabase/config.toml' }),
    path: readonly string[] = [],
  ) {
    this.#values = values;
    this.#findOrigin = findOrigin;
    this.#path = path;
  }

  /** Whether the key is present (with any value). */
  has(key: string): boolean {
    this.#read.add(key);
    return this.#values[key] !== undefined;
  }

  /** The value as the file has it, without a type; a variable counts by its text. */
  peek(key: string): unknown {
    const value = this.#values[key];
    return value instanceof VariableValue ? value.text : value;
  }

  string(key: string, fallback: string): string;
  string(key: string): string | undefined;
  string(key: string, fallback?: string): string | undefined {
    return this.read(key, 'a string', (v) => (typeof v === 'string' ? v : undefined)) ?? fallback;
  }

  /** One of a few texts. */
  choice<T extends string>(key: string, choices: readonly T[], fallback: T): T {
    const expected = `one of ${choices.map((choice) => `"${choice}"`).join(', ')}`;
    return this.read(key, expected, (v) => choices.find((choice) => choice === v)) ?? fallback;
  }

  boolean(key: string, fallback: boolean): boolean {
    return this.read(key, 'true or false', toBoolean) ?? fallback;
  }

  integer(key: string, fallback: number): number;
  integer(key: string): number | undefined;
  integer(key: string, fallback?: number): number | undefined {
    return this.read(key, 'a whole number', toInteger) ?? fallback;
  }

  /** A list; the variable that it may be instead separates its elements by commas. */
  strings(key: string, fallback: readonly string[] = []): readonly string[] {
    return this.read(key, 'a list of strings', toStrings) ?? fallback;
  }

  /** A duration such as `"5s"`, `"1m30s"` or `"24h"` (Go's notation, as the Supabase CLI), in seconds. */
  duration(key: string, fallback: number): number {
    return this.read(key, 'a duration such as "30s", "5m" or "24h"', toSeconds) ?? fallback;
  }

  /**
   * A value of any other type.
   *
   * @param expected what it must be, for the message
   * @returns undefined when the key is absent
   * @throws SupabaseDevError CONFIG_INVALID where `parse` returns undefined
   */
  read<T>(key: string, expected: string, parse: Parse<T>): T | undefined {
    this.#read.add(key);
    const value = this.#values[key];
    if (value === undefined) return undefined;
    const isVariable = value instanceof VariableValue;
    const parsed = parse(isVariable ? value.text : value, isVariable);
    if (parsed !== undefined) return parsed;
    throw this.invalid(key, `must be ${expected}, not ${describe(value)}`);
  }

  /** The table under this key; an empty one when it is absent. */
  section(key: string): Section {
    const known = this.#children.get(key);
    if (known) return known;
    const values = this.read(key, 'a table', (v) => (isTable(v) ? v : undefined)) ?? {};
    const child = new Section(values, this.#findOrigin, [...this.#path, key]);
    this.#children.set(key, child);
    return child;
  }

  /** The tables of a table that has nothing else, with their names, such as the buckets of `[storage.buckets.*]`. */
  sections(): [name: string, section: Section][] {
    return Object.keys(this.#values).map((name) => [name, this.section(name)]);
  }

  /** Every key of this table whose value is a string, for tables whose keys are data (`[auth.sms.test_otp]`). */
  stringMap(): ReadonlyMap<string, string> {
    return new Map(Object.keys(this.#values).map((key) => [key, this.string(key, '')]));
  }

  /** Marks keys as known though they change nothing here, so that `unread()` is silent about them. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#ignored.add(key);
  }

  /** Whether something has asked for the value at this path. */
  wasRead([key = '', ...rest]: readonly string[]): boolean {
    return rest.length === 0 ? this.#read.has(key) : (this.#children.get(key)?.wasRead(rest) ?? false);
  }

  /** The keys that are set and were never read, in the order of the file. */
  unread(): UnknownKey[] {
    const known = [...this.#read, ...this.#ignored];
    return Object.keys(this.#values).flatMap((key) => {
      if (known.includes(key)) return this.#children.get(key)?.unread() ?? [];
      return [{ path: [...this.#path, key], meant: closest(key, known) }];
    });
  }

  /** The error about a value of this table, with its place in the file; `problem` continues the name of the key. */
  invalid(key: string, problem: string, details: { hint?: string; cause?: unknown } = {}): SupabaseDevError {
    const path = [...this.#path, key];
    const { name, location } = this.#findOrigin(path);
    const place = location ? `${name}:${location.line}:${location.column}` : name;
    return new SupabaseDevError('CONFIG_INVALID', `${place}: ${path.join('.')} ${problem}`, {
      ...details,
      ...(location && { location }),
    });
  }
}

function toBoolean(value: unknown, isVariable: boolean): boolean | undefined {
  if (isVariable && (value === 'true' || value === 'false')) return value === 'true';
  return typeof value === 'boolean' ? value : undefined;
}

function toInteger(value: unknown, isVariable: boolean): number | undefined {
  const number = isVariable && typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function toStrings(value: unknown, isVariable: boolean): readonly string[] | undefined {
  if (isVariable && typeof value === 'string') return value.split(',');
  const isStrings = (v: unknown): v is string[] => Array.isArray(v) && v.every((e) => typeof e === 'string');
  return isStrings(value) ? value : undefined;
}

function toSeconds(value: unknown): number | undefined {
  const milliseconds = typeof value === 'string' ? parseGoDuration(value) : undefined;
  return milliseconds === undefined || milliseconds < 0 ? undefined : milliseconds / 1000;
}

/** A value for a message that pages may show: no variable, which may be a secret, and no contents of tables. */
function describe(value: unknown): string {
  if (value instanceof VariableValue) return `the value of the variable ${value.name}`;
  if (Array.isArray(value)) return value.some(isTable) ? 'a list of tables' : 'a list';
  if (isTable(value)) return 'a table';
  return value instanceof Date ? 'a date' : (JSON.stringify(value) ?? 'nothing');
}
