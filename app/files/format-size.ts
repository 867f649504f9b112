const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** "0 bytes", "12 kB", "1.4 MB", in the reader's language; 1 kB is 1,000 bytes, as file managers count. */
export function formatSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1_000 ** power;
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: UNITS[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && power > 0 ? 1 : 0,
  }).format(value);
}
