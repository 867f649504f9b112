/** The CSS colour of a person; `undefined` stands for somebody who is gone. */
export function personColor(color: string | undefined): string {
  return `var(--person-${color ?? 'slate'})`;
}
