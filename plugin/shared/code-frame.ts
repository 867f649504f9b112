import type { SourceLocation } from './errors.ts';

/** A place in a user's file with its excerpt; `offset` counts characters of `text`. */
export function sourceLocation(file: string, text: string, offset: number): Required<SourceLocation> {
  return { file, ...locate(text, offset), frame: codeFrame(text, offset) };
}

/** Line and column (both from 1) of an offset. */
export function locate(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** The offset of a line and column, both from 1. */
export function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((sum, { length }) => sum + length + 1, column - 1);
}

/** The lines around an offset with a caret below it, as compilers show errors. */
export function codeFrame(text: string, offset: number): string {
  const { line, column } = locate(text, offset);
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 2);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const marker = number === line ? '>' : ' ';
    frame.push(`${marker} ${String(number).padStart(width)} | ${lines[number - 1] ?? ''}`);
    if (number === line) frame.push(`  ${' '.repeat(width)} | ${' '.repeat(column - 1)}^`);
  }
  return frame.join('\n');
}
