/** Trimmed text of a field; "" if it is missing. */
export function textOf(values: FormData, name: string): string {
  return passwordOf(values, name).trim();
}

/** Text of a field exactly as typed, because spaces are part of a password. */
export function passwordOf(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === 'string' ? value : '';
}
