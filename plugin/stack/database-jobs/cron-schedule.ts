/** When a job of pg_cron runs. */
export type Schedule =
  | { readonly kind: 'interval'; readonly milliseconds: number }
  | { readonly kind: 'start' }
  | CronFields;

/** The values that match, field by field. */
interface CronFields {
  readonly kind: 'fields';
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  /** `$`: the last day of the month. */
  readonly lastDay: boolean;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Day and weekday both restrict: either is enough, as in Vixie cron. */
  readonly eitherDay: boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const NAMED: Readonly<Record<string, string>> = {
  yearly: '0 0 1 1 *',
  annually: '0 0 1 1 *',
  monthly: '0 0 1 * *',
  weekly: '0 0 * * 0',
  daily: '0 0 * * *',
  midnight: '0 0 * * *',
  hourly: '0 * * * *',
};
const MINUTE_MS = 60_000;
const SEARCH_YEARS = 8;

/**
 * Reads a schedule of pg_cron: five fields in UTC, `N seconds`, or `@daily` and the like.
 *
 * @returns undefined when it is none
 */
export function parseSchedule(text: string): Schedule | undefined {
  const trimmed = text.trim().toLowerCase();
  const seconds = /^(\d{1,2})\s+seconds?$/.exec(trimmed)?.[1];
  if (seconds !== undefined) {
    const count = Number(seconds);
    return count >= 1 && count <= 59 ? { kind: 'interval', milliseconds: count * 1000 } : undefined;
  }
  if (trimmed === '@reboot') return { kind: 'start' };
  const name = trimmed.startsWith('@') ? trimmed.slice(1) : undefined;
  const line = name === undefined ? trimmed : Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
  const parts = line?.split(/\s+/) ?? [];
  if (parts.length !== 5) return undefined;
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = parts;
  const minutes = readField(minute, 0, 59);
  const hours = readField(hour, 0, 23);
  const days = day === '$' ? new Set<number>() : readField(day, 1, 31);
  const months = readField(month, 1, 12, MONTHS, 1);
  const weekdays = readField(weekday, 0, 7, WEEKDAYS, 0);
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  return {
    kind: 'fields',
    minutes,
    hours,
    days,
    lastDay: day === '$',
    months,
    weekdays: new Set([...weekdays].map((value) => value % 7)),
    eitherDay: !day.startsWith('*') && !weekday.startsWith('*'),
  };
}

/** The first time after `after` (milliseconds since 1970) that matches; undefined when there is none. */
export function nextRun(schedule: Schedule, after: number): number | undefined {
  if (schedule.kind === 'start') return undefined;
  if (schedule.kind === 'interval') return after + schedule.milliseconds;
  const time = new Date(Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS);
  const lastYear = time.getUTCFullYear() + SEARCH_YEARS;
  while (time.getUTCFullYear() <= lastYear) {
    if (!schedule.months.has(time.getUTCMonth() + 1)) {
      time.setUTCMonth(time.getUTCMonth() + 1, 1);
      time.setUTCHours(0, 0);
    } else if (!matchesDay(schedule, time)) {
      time.setUTCDate(time.getUTCDate() + 1);
      time.setUTCHours(0, 0);
    } else if (!schedule.hours.has(time.getUTCHours())) {
      time.setUTCHours(time.getUTCHours() + 1, 0);
    } else if (!schedule.minutes.has(time.getUTCMinutes())) {
      time.setTime(time.getTime() + MINUTE_MS);
    } else {
      return time.getTime();
    }
  }
  return undefined;
}

function matchesDay({ days, lastDay, weekdays, eitherDay }: CronFields, time: Date): boolean {
  const isLast = new Date(time.getTime() + 24 * 60 * MINUTE_MS).getUTCDate() === 1;
  const day = lastDay ? isLast : days.has(time.getUTCDate());
  const weekday = weekdays.has(time.getUTCDay());
  return eitherDay ? day || weekday : day && weekday;
}

/** The values of a field such as `1-5,10/2`; undefined when it is not one. */
function readField(
  text: string,
  min: number,
  max: number,
  names: readonly string[] = [],
  firstName = 0,
): Set<number> | undefined {
  const read = (value: string): number =>
    names.includes(value) ? names.indexOf(value) + firstName : Number(value);
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to, step] = /^(\*|\d+|[a-z]{3})(?:-(\d+|[a-z]{3}))?(?:\/(\d+))?$/.exec(part) ?? [];
    if (from === undefined) return undefined;
    const first = from === '*' ? min : read(from);
    const last = from === '*' || (to === undefined && step !== undefined) ? max : read(to ?? from);
    const increment = Number(step ?? 1);
    const isValid = first >= min && last <= max && first <= last && increment >= 1;
    if (!isValid) return undefined;
    for (let value = first; value <= last; value += increment) values.add(value);
  }
  return values;
}
