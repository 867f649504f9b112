/** The flags, width and precision of one verb. */
export interface Flags {
  /** `#`, `+`, `-`, ` ` and `0`. */
  sharp: boolean;
  plus: boolean;
  minus: boolean;
  space: boolean;
  zero: boolean;
  /** `%#v`, which prints values as Go code, and `%+v`, which names fields; `#` and `+` themselves are off then. */
  sharpV: boolean;
  plusV: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function noFlags(): Flags {
  return {
    sharp: false,
    plus: false,
    minus: false,
    space: false,
    zero: false,
    sharpV: false,
    plusV: false,
    width: undefined,
    precision: undefined,
  };
}

/** Pads to the width, counted in characters: with zeros where that is asked for and on the left. */
export function pad(text: string, flags: Flags): string {
  const missing = (flags.width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (flags.zero ? '0' : ' ').repeat(missing) + text;
}
