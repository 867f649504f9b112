import type { QualifiedName } from '../schema-cache/types.ts';

/** Quotes one name, as PostgreSQL's `quote_ident`: the only way for a name into a statement. Names end at U+0000. */
export function quoteIdentifier(name: string): string {
  return `"${untilNul(name).replaceAll('"', '""')}"`;
}

/** Quotes a schema-qualified name; without a schema it is an alias, or the search path finds it. */
export function quoteQualifiedName({ schema, name }: QualifiedName): string {
  return schema === '' ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** Quotes a text constant, as `quote_literal`. Only for names from the schema cache; values are parameters. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}

/** A PostgreSQL array in its text format, every element quoted. */
export function arrayLiteral(values: readonly string[]): string {
  const elements = values.map((value) => {
    return `"${untilNul(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  });
  return `{${elements.join(',')}}`;
}

function untilNul(text: string): string {
  const end = text.indexOf('\u0000');
  return end === -1 ? text : text.slice(0, end);
}
