// supabase/realtime v2.129.8 lib/realtime/filter.ex, lib/extensions/postgres_cdc_rls/subscriptions.ex
import { inspect } from './inspect.ts';

export interface ChangeFilter {
  readonly column: string;
  readonly op: FilterOp;
  /** A PostgreSQL array literal for `in`. */
  readonly value: string;
  readonly negate: boolean;
}

const OPS = [
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'like',
  'ilike',
  'is',
  'match',
  'imatch',
  'isdistinct',
] as const;

export type FilterOp = (typeof OPS)[number];

/**
 * Parses `column=op.value,column=not.op.value`, which are combined with AND. Commas inside parentheses and quotes do not
 * separate. Errors have Realtime's wording.
 */
export function parseFilters(text: string): { filters: ChangeFilter[] } | { error: string } {
  const trimmed = text.trim();
  if (trimmed === '') return { filters: [] };
  const filters: ChangeFilter[] = [];
  for (const segment of splitSegments(trimmed)) {
    const parsed = parseSegment(segment.trim());
    if ('error' in parsed) return parsed;
    filters.push(parsed);
  }
  return { filters };
}

function parseSegment(segment: string): ChangeFilter | { error: string } {
  if (segment === '') return { error: 'filter must not contain empty segments (check for extra commas)' };
  const [column, rest] = splitOnce(segment, '=');
  if (rest === undefined) return { error: inspect([segment]) };
  const negate = rest.startsWith('not.');
  const comparison = negate ? rest.slice('not.'.length) : rest;
  const [name, value] = splitOnce(comparison, '.');
  if (value === undefined) return { error: inspect([comparison]) };
  const op = OPS.find((known) => known === name);
  if (!op) return { error: inspect([name, value]) };
  if (op !== 'in') return { column, op, value: unquote(value), negate };
  if (!/^\(.*\)$/s.test(value)) return { error: '`in` filter value must be wrapped by parentheses' };
  return { column, op, value: `{${value.slice(1, -1)}}`, negate };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function splitSegments(text: string): string[] {
  const segments: string[] = [];
  let start = 0;
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (isQuoted) {
      if (char === '\\') i++;
      else if (char === '"') isQuoted = false;
    } else if (char === '"' && /[.(,]/.test(text[i - 1] ?? '')) {
      isQuoted = true;
    } else if (char === '(') {
      depth++;
    } else if (char === ')') {
      depth = Math.max(0, depth - 1);
    } else if (char === ',' && depth === 0) {
      segments.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...segments, text.slice(start)];
}

/** Unquotes `"a\"b"` to a"b; a value that is not quoted as a whole is returned unchanged. */
function unquote(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(value)?.[1];
  return quoted === undefined ? value : quoted.replaceAll(/\\(.)/gs, '$1');
}
