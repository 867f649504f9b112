/** A service's message as a part of a sentence: without its full stop. */
export function trimDot(text: string): string {
  return text.replace(/\.$/, '');
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
