import type { Cell } from './types.ts';

const SHOWN_LENGTH = 200;

/** A value as the grid shows it. */
export function CellText({ value, cellLength }: { value: Cell; cellLength: number }) {
  if (value === null) return <span className="quiet">null</span>;
  if (value === '') return <span className="quiet">empty</span>;
  if (value.length > cellLength) return `${value.slice(0, SHOWN_LENGTH)}… (too long to edit here)`;
  return value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value;
}
