/** Formats a JSON value like Elixir's `inspect`: Realtime's error messages contain such values. */
export function inspect(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'string') return inspectText(value);
  if (Array.isArray(value)) return `[${value.map(inspect).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `%{${entries.map(([name, inner]) => `${inspectText(name)} => ${inspect(inner)}`).join(', ')}}`;
}

/** Formats an Elixir tuple: `{"name", "eq", "x", false}`. */
export function inspectTuple(values: readonly unknown[]): string {
  return `{${values.map(inspect).join(', ')}}`;
}

function inspectText(text: string): string {
  return JSON.stringify(text).replaceAll('#{', '\\#{');
}
