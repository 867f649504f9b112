import type { Identifier } from '../schema-cache/types.ts';

/** A statement with its parameters in the order of `$1`, `$2`, …; a Buffer is sent as bytes, all else as text. */
export interface Statement {
  readonly text: string;
  readonly params: readonly (string | Buffer | null)[];
}

/** Collects the parameters of one statement while its parts are written. */
export class Parameters {
  readonly values: (string | Buffer | null)[] = [];

  /** `$n` for this value. PostgreSQL gives it the type that its place asks for. */
  add(value: string | Buffer | null): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** The one way in which a name becomes part of a statement. PostgreSQL names end at U+0000. */
export function quoteName(name: string): string {
  const end = name.indexOf('\u0000');
  return `"${(end === -1 ? name : name.slice(0, end)).replaceAll('"', '""')}"`;
}

/** A schema-qualified name; without a schema it is an alias or found by the search path. */
export function quoteIdentifier({ schema, name }: Identifier): string {
  return schema === '' ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}

/** A name as a text constant. Only for names out of the schema cache; values are parameters. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}

/** A PostgreSQL array in its text form, every element quoted. */
export function arrayLiteral(values: readonly string[]): string {
  const elements = values.map((value) => {
    const end = value.indexOf('\u0000');
    const kept = end === -1 ? value : value.slice(0, end);
    return `"${kept.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  });
  return `{${elements.join(',')}}`;
}
