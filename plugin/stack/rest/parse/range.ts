// PostgREST v16 src/library/PostgREST/RangeQuery.hs

/**
 * Row numbers from `lower` to `upper`, both included, counted from 0. An infinite `upper` has no end; one below `lower`
 * is an empty range.
 */
export interface RowRange {
  readonly lower: number;
  readonly upper: number;
}

export const ALL_ROWS: RowRange = { lower: 0, upper: Infinity };

/** The range of `limit=0`: unlike other empty ranges, it is not an error. */
const NO_ROWS: RowRange = { lower: 0, upper: -1 };

export const isAllRows = (range: RowRange): boolean => range.lower === 0 && range.upper === Infinity;
export const isEmptyRange = (range: RowRange): boolean => range.upper < range.lower;
export const isLimitZero = (range: RowRange): boolean => range.upper === -1;

/** How many rows the range holds; undefined when it has no end. */
export function rangeLimit(range: RowRange): number | undefined {
  return range.upper === Infinity ? undefined : range.upper - range.lower + 1;
}

function intersectRanges(a: RowRange, b: RowRange): RowRange {
  return {
    lower: Math.max(a.lower, b.lower),
    upper: Math.min(a.upper, b.upper),
  };
}

/** At most `maxRows` rows of the range; `limit=0` stays the range of no rows. */
export function restrictRange(range: RowRange, maxRows: number | undefined): RowRange {
  if (isLimitZero(range)) return NO_ROWS;
  if (maxRows === undefined) return range;
  return { lower: range.lower, upper: Math.min(range.upper, range.lower + maxRows - 1) };
}

/** The range of `limit` and `offset` of one resource; anything but a whole number is ignored. */
export function parameterRange(limit: string | undefined, offset: string | undefined): RowRange {
  const limitRange = limit === undefined ? undefined : { lower: 0, upper: readLimit(limit) - 1 };
  if (offset === undefined) return limitRange ?? ALL_ROWS;
  const lower = readInteger(offset) ?? 0;
  if (!limitRange) return { lower, upper: Infinity };
  const count = rangeLimit(limitRange) ?? 0;
  return { lower, upper: lower + count - 1 };
}

const readLimit = (text: string): number => readInteger(text) ?? Infinity;

function readInteger(text: string): number | undefined {
  return /^\s*-?\d+\s*$/.test(text) ? Number(text) : undefined;
}

/** The range of a `Range: 0-24` header; anything else means all rows. */
export function headerRange(header: string | undefined): RowRange {
  const [, first, last] = /^(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined) return ALL_ROWS;
  return { lower: Number(first), upper: last === undefined || last === '' ? Infinity : Number(last) };
}

/** The range of the top level: the intersection of the header's and the parameters' ranges. */
export function topLevelRange(fromHeader: RowRange, fromParameters: RowRange): RowRange {
  return isLimitZero(fromParameters) ? NO_ROWS : intersectRanges(fromHeader, fromParameters);
}
