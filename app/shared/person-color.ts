/** The CSS colour of a person; `undefined` for a deleted account. */
export function personColor(color: string | undefined): string {
  return `var(--person-${color ?? 'slate'})`;
}
