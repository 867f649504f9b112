/** The text of a field without blanks around it; "" when it is missing. */
export function textOf(values: FormData, name: string): string {
  return passwordOf(values, name).trim();
}

/** The text of a field exactly as typed: blanks are part of a password. */
export function passwordOf(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === 'string' ? value : '';
}
