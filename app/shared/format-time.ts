const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const DAY_WITH_YEAR = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const DAY_MS = 24 * 60 * 60 * 1_000;

/** "14:05" or "2:05 PM", as the reader's language writes it. */
export function formatTime(timestamp: string): string {
  return TIME.format(new Date(timestamp));
}

/** "Sunday, 22 November 2026 at 14:05", in the reader's language. */
export function formatFull(timestamp: string): string {
  return FULL.format(new Date(timestamp));
}

/** "22 Nov 2026, 14:05", in the reader's language. */
export function formatShort(timestamp: string): string {
  return SHORT.format(new Date(timestamp));
}

/** "today", "yesterday", "Thursday, 19 November", or with the year if it is not the current one. */
export function formatDay(timestamp: string, now: Date = new Date()): string {
  const date = new Date(timestamp);
  const days = Math.round((startOfDay(date) - startOfDay(now)) / DAY_MS);
  if (days === 0 || days === -1) return RELATIVE.format(days, 'day');
  return (date.getFullYear() === now.getFullYear() ? DAY : DAY_WITH_YEAR).format(date);
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
