import type { GoValue } from '../values.ts';
import { noFlags } from './flags.ts';
import { formatValue } from './value.ts';

// Go fmt/print.go

/** `fmt.Sprint`: a blank goes between two values of which neither is a string. */
export function sprint(values: readonly GoValue[]): string {
  let text = '';
  let afterString = true;
  for (const value of values) {
    const isString = typeof value === 'string';
    if (!isString && !afterString) text += ' ';
    text += formatValue(value, 'v', noFlags());
    afterString = isString;
  }
  return text;
}

/** `fmt.Sprintln`. */
export function sprintln(values: readonly GoValue[]): string {
  return `${values.map((value) => formatValue(value, 'v', noFlags())).join(' ')}\n`;
}
