import { SupabaseDevError } from '../../shared/errors.ts';
import { parseGoDuration } from '../../shared/go-duration.ts';

/**
 * A table of `supabase/config.toml`, read key by key with a type and a default.
 *
 * It remembers what was asked for, so that `unread()` can name the keys that are set but that nothing uses.
 */
export class Section {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #read = new Set<string>();
  readonly #children = new Map<string, Section>();

  constructor(values: Readonly<Record<string, unknown>>, path = '') {
    this.#values = values;
    this.#path = path;
  }

  /** Whether the key is present (with any value). */
  has(key: string): boolean {
    return this.#values[key] !== undefined;
  }

  string(key: string, fallback: string): string;
  string(key: string): string | undefined;
  string(key: string, fallback?: string): string | undefined {
    return this.#value(key, 'a string', (v): v is string => typeof v === 'string') ?? fallback;
  }

  boolean(key: string, fallback: boolean): boolean {
    const is = (v: unknown): v is boolean => typeof v === 'boolean';
    return this.#value(key, 'true or false', is, toBoolean) ?? fallback;
  }

  integer(key: string, fallback: number): number;
  integer(key: string): number | undefined;
  integer(key: string, fallback?: number): number | undefined {
    const is = (v: unknown): v is number => Number.isSafeInteger(v);
    return this.#value(key, 'a whole number', is, toInteger) ?? fallback;
  }

  strings(key: string, fallback: readonly string[] = []): readonly string[] {
    const isStrings = (v: unknown): v is string[] =>
      Array.isArray(v) && v.every((e) => typeof e === 'string');
    return this.#value(key, 'a list of strings', isStrings, toStrings) ?? fallback;
  }

  /** A duration such as `"5s"`, `"1m30s"` or `"24h"` (Go's notation, as the Supabase CLI), in seconds. */
  duration(key: string, fallback: number): number {
    const text = this.string(key);
    if (text === undefined) return fallback;
    const milliseconds = parseGoDuration(text);
    if (milliseconds === undefined || milliseconds < 0)
      throw this.#invalid(key, 'a duration such as "30s", "5m" or "24h"', text);
    return milliseconds / 1000;
  }

  /** The table under this key; an empty one when it is absent. */
  section(key: string): Section {
    const known = this.#children.get(key);
    if (known) return known;
    const values = this.#value(key, 'a table', isTable) ?? {};
    const child = new Section(values, this.#qualify(key));
    this.#children.set(key, child);
    return child;
  }

  /** The tables directly below this one with their names, such as the buckets of `[storage.buckets.*]`. */
  sections(): [name: string, section: Section][] {
    const names = Object.keys(this.#values).filter((name) => isTable(this.#values[name]));
    return names.map((name) => [name, this.section(name)]);
  }

  /** Every key of this table whose value is a string, for tables whose keys are data (`[auth.sms.test_otp]`). */
  stringMap(): ReadonlyMap<string, string> {
    return new Map(Object.keys(this.#values).map((key) => [key, this.string(key, '')]));
  }

  /** Marks keys as known though they change nothing here, so that `unread()` is silent about them. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /** Whether something has asked for the value at this path. */
  wasRead([key = '', ...rest]: readonly string[]): boolean {
    return rest.length === 0 ? this.#read.has(key) : (this.#children.get(key)?.wasRead(rest) ?? false);
  }

  /** Qualified names of the keys that are set and were never read, in the order of the file. */
  unread(): string[] {
    return Object.keys(this.#values).flatMap((key) => {
      if (!this.#read.has(key)) return [this.#qualify(key)];
      return this.#children.get(key)?.unread() ?? [];
    });
  }

  #value<T>(
    key: string,
    expected: string,
    is: (value: unknown) => value is T,
    fromText: (text: string) => unknown = (text) => text,
  ): T | undefined {
    this.#read.add(key);
    const written = this.#values[key];
    if (written === undefined) return undefined;
    const value = typeof written === 'string' ? fromText(written) : written;
    if (is(value)) return value;
    throw this.#invalid(key, expected, written);
  }

  #invalid(key: string, expected: string, value: unknown): SupabaseDevError {
    return new SupabaseDevError(
      'CONFIG_INVALID',
      `supabase/config.toml: ${this.#qualify(key)} must be ${expected}, not ${JSON.stringify(value)}`,
    );
  }

  #qualify(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}

/** Whether a TOML value is a table (not a list, not a date). */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

// The variable of an `env(NAME)` is a text, whatever the setting is: read as the CLI does (viper's weak decoding).

function toBoolean(text: string): unknown {
  if (['true', 'TRUE', 'True', 't', 'T', '1'].includes(text)) return true;
  return ['false', 'FALSE', 'False', 'f', 'F', '0', ''].includes(text) ? false : text;
}

function toInteger(text: string): unknown {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

function toStrings(text: string): unknown {
  return text === '' ? [] : text.split(',');
}
