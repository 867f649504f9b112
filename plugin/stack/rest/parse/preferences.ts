// PostgREST v16 src/library/PostgREST/ApiRequest/Preferences.hs

/** The `Prefer` header, RFC 7240. */
export interface Preferences {
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates' | undefined;
  readonly return: 'representation' | 'minimal' | 'headers-only' | undefined;
  readonly count: 'exact' | 'planned' | 'estimated' | undefined;
  readonly tx: 'commit' | 'rollback' | undefined;
  readonly missing: 'default' | 'null' | undefined;
  readonly handling: 'strict' | 'lenient' | undefined;
  readonly timezone: string | undefined;
  readonly maxAffected: number | undefined;
  /** Unknown preferences, as written. */
  readonly invalid: readonly string[];
}

const VALUES = {
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  return: ['representation', 'minimal', 'headers-only'],
  count: ['exact', 'planned', 'estimated'],
  tx: ['commit', 'rollback'],
  missing: ['default', 'null'],
  handling: ['strict', 'lenient'],
} as const;

const KNOWN = new Set(
  Object.entries(VALUES).flatMap(([name, values]) => values.map((value) => `${name}=${value}`)),
);

const NONE: Preferences = {
  resolution: undefined,
  return: undefined,
  count: undefined,
  tx: undefined,
  missing: undefined,
  handling: undefined,
  timezone: undefined,
  maxAffected: undefined,
  invalid: [],
};

/**
 * Parses the header; the first of repeated preferences counts.
 *
 * @param allowTx whether clients may set `tx=` (`db_tx_end`); otherwise it is accepted but has no effect
 */
export function parsePreferences(header: string | undefined, allowTx: boolean): Preferences {
  if (header === undefined) return NONE;
  const given = header.split(',').map((preference) => preference.trim());
  const choose = <T extends string>(name: string, values: readonly T[]): T | undefined => {
    const found = given.find((text) => values.some((value) => text === `${name}=${value}`));
    return values.find((value) => found === `${name}=${value}`);
  };
  const valueOf = (name: string): string | undefined =>
    given.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);
  const maxAffected = valueOf('max-affected');
  return {
    resolution: choose('resolution', VALUES.resolution),
    return: choose('return', VALUES.return),
    count: choose('count', VALUES.count),
    tx: allowTx ? choose('tx', VALUES.tx) : undefined,
    missing: choose('missing', VALUES.missing),
    handling: choose('handling', VALUES.handling),
    timezone: valueOf('timezone'),
    maxAffected: maxAffected !== undefined && /^-?\d+$/.test(maxAffected) ? Number(maxAffected) : undefined,
    invalid: given.filter(
      (text) => !KNOWN.has(text) && !text.startsWith('timezone=') && !text.startsWith('max-affected='),
    ),
  };
}

/** The `Preference-Applied` header, in PostgREST's order; undefined when nothing was applied. */
export function formatPreferences(applied: Omit<Preferences, 'invalid'>): string | undefined {
  const texts: string[] = [];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) texts.push(`${name}=${value}`);
  };
  add('resolution', applied.resolution);
  add('missing', applied.missing);
  add('return', applied.return);
  add('count', applied.count);
  add('tx', applied.tx);
  add('handling', applied.handling);
  add('timezone', applied.timezone);
  if (applied.handling === 'strict') add('max-affected', applied.maxAffected?.toString());
  return texts.length === 0 ? undefined : texts.join(', ');
}
