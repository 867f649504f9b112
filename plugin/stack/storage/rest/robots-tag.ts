// Storage v1.70.6 src/storage/validators/x-robots-tag.ts
import { StorageError } from '../errors.ts';

const SIMPLE = new Set(
  'all noindex nofollow none nosnippet indexifembedded notranslate noimageindex'.split(' '),
);
const NAMES = [...SIMPLE, 'max-snippet', 'max-image-preview', 'max-video-preview', 'unavailable_after'];
const PARAMETRIC = /^(max-snippet|max-image-preview|max-video-preview|unavailable_after):\s*(.*)$/;
// The date of unavailable_after contains commas: it ends at a comma before a rule or a user agent.
const DATE_RULE = new RegExp(`^unavailable_after:\\s*(.+?)(?:,\\s*(?=(?:${NAMES.join('|')}|[\\w-]+:))|$)`);

/**
 * Checks an X-Robots-Tag header with Storage's rules and messages.
 *
 * @throws StorageError with `error` "invalid_x_robots_tag"
 */
export function checkRobotsTag(value: string): void {
  if (value.trim() === '') throw invalid('X-Robots-Tag header value must be a non-empty string');
  for (const rule of splitRules(value)) checkRule(rule);
}

function splitRules(value: string): string[] {
  const rules: string[] = [];
  let rest = value.trim();
  while (rest !== '') {
    const date = DATE_RULE.exec(rest);
    const comma = rest.indexOf(',');
    const length = date ? date[0].length : comma < 0 ? rest.length : comma + 1;
    rules.push(
      date ? `unavailable_after: ${date[1]?.trim()}` : rest.slice(0, length).replace(/,$/, '').trim(),
    );
    rest = rest.slice(length).trim();
  }
  return rules;
}

function checkRule(rule: string): void {
  if (rule === '') throw invalid('X-Robots-Tag header contains empty rule');
  const [, name, value] = PARAMETRIC.exec(rule) ?? [];
  if (name !== undefined) return checkParameter(name, (value ?? '').trim());
  if (SIMPLE.has(rule)) return;
  const colon = rule.indexOf(':');
  if (colon < 0) throw invalid(`Invalid X-Robots-Tag rule: "${rule}"`);
  const rest = rule.slice(colon + 1).trim();
  if (rest === '')
    throw invalid(`X-Robots-Tag user agent "${rule.slice(0, colon).trim()}" has no rules specified`);
  checkRobotsTag(rest);
}

function checkParameter(name: string, value: string): void {
  if (value === '') throw invalid(`X-Robots-Tag rule "${name}" requires a value`);
  if (name === 'unavailable_after') {
    if (Number.isNaN(Date.parse(value)))
      throw invalid(`X-Robots-Tag "unavailable_after" value must be a valid date, got: "${value}"`);
  } else if (name === 'max-image-preview') {
    if (!['none', 'standard', 'large'].includes(value))
      throw invalid(
        `X-Robots-Tag "max-image-preview" value must be one of: none, standard, large, got: "${value}"`,
      );
  } else if (!/^-?\d+$/.test(value) || Number(value) < -1)
    throw invalid(`X-Robots-Tag "${name}" value must be an integer >= -1, got: "${value}"`);
}

function invalid(message: string): StorageError {
  return new StorageError(400, 'InvalidRequest', `Invalid X-Robots-Tag header: ${message}`, {
    error: 'invalid_x_robots_tag',
  });
}
