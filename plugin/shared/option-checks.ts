import { closest } from './closest.ts';
import { SupabaseDevError } from './errors.ts';
import { isObject } from './json.ts';

/** What an option's value must be, when it is not that; undefined for a right value. */
type Check = (value: unknown) => string | undefined;

/** A check for each option; a table checks the options inside an object. */
export interface Checks {
  readonly [name: string]: Check | Checks;
}

export const oneOf =
  (...allowed: string[]): Check =>
  (value) =>
    allowed.includes(value as string) ? undefined : `one of ${allowed.map((name) => `'${name}'`).join(', ')}`;
export const text: Check = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'a non-empty string';
export const textOrFalse: Check = (value) =>
  value === false || text(value) === undefined ? undefined : 'a non-empty string, or false';
export const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
export const port: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65535
    ? undefined
    : 'a port number (0 to 65535)';
export const stringList: Check = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? undefined : 'a list of strings';
export const table: Check = (value) => (isObject(value) ? undefined : 'an object');
export const origin: Check = (value) =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
    ? undefined
    : 'a URL that begins with http:// or https://';
export const logger: Check = (value) =>
  isObject(value) && ['info', 'warn', 'error'].every((name) => typeof value[name] === 'function')
    ? undefined
    : 'an object with the methods info, warn and error';

/**
 * Validates options; undefined values count as absent.
 *
 * @param subject whose options they are, for messages: `supabase()`
 * @throws SupabaseDevError OPTION_INVALID for an unknown name, with the one that was probably meant, or a wrong value
 */
export function checkOptions(subject: string, values: object, checks: Checks, prefix = ''): void {
  for (const [name, value] of Object.entries(values)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw unknownOption(subject, name, Object.keys(checks), prefix);
    if (value === undefined) continue;
    const expected = typeof check === 'function' ? check(value) : table(value);
    if (expected !== undefined) {
      const message = `${subject}: option "${prefix}${name}" must be ${expected}, not ${JSON.stringify(value)}`;
      throw new SupabaseDevError('OPTION_INVALID', message);
    }
    if (typeof check === 'object') checkOptions(subject, value as object, check, `${prefix}${name}.`);
  }
}

function unknownOption(
  subject: string,
  name: string,
  known: readonly string[],
  prefix: string,
): SupabaseDevError {
  const meant = closest(name, known);
  const question = meant === undefined ? '' : `; did you mean "${prefix}${meant}"?`;
  return new SupabaseDevError('OPTION_INVALID', `${subject}: unknown option "${prefix}${name}"${question}`, {
    hint: `The options are: ${known.map((key) => prefix + key).join(', ')}.`,
  });
}
