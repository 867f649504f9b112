// supabase/realtime v2.129.8 lib/extensions/postgres_cdc_rls/{cdc_rls,subscriptions}.ex
import { isObject, type JsonObject } from '../../../shared/json.ts';
import { parseFilters, type ChangeFilter } from './filter-syntax.ts';
import { inspect } from './inspect.ts';

/** One element of `postgres_changes` in a join. */
export interface ChangeBinding {
  /** As the client sent it; the reply to the join repeats it with the id. */
  readonly params: Readonly<JsonObject>;
  /** Equal bindings have equal ids. */
  readonly id: number;
  /** What it subscribes to, or Realtime's error for an invalid binding. */
  readonly request: ChangeRequest | { readonly error: string };
}

export interface ChangeRequest {
  readonly event: '*' | 'INSERT' | 'UPDATE' | 'DELETE';
  readonly schema: string;
  readonly table: string;
  readonly filters: readonly ChangeFilter[];
  /** Columns to send in addition to the primary key; undefined for all. */
  readonly select: readonly string[] | undefined;
}

export function parseBindings(params: readonly Readonly<JsonObject>[]): ChangeBinding[] {
  return params.map((one) => ({ params: one, id: hashBinding(one), request: parseRequest(one) }));
}

const NO_PARAMS =
  'No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: ';

function parseRequest(params: Readonly<JsonObject>): ChangeBinding['request'] {
  if (typeof params.select === 'string') {
    return {
      error:
        'Error parsing `select` params: expected a list of column name strings, e.g. select: ["col1", "col2"]',
    };
  }
  const { schema, table, filter } = params;
  const hasNames = (schema ?? table) !== undefined && isTextIfSet(params, 'schema', 'table');
  const filterNeedsBoth = 'filter' in params && (schema === undefined || table === undefined);
  if (!hasNames || filterNeedsBoth || !isTextIfSet(params, 'filter')) {
    const isSecret = 'user_token' in params || 'auth_token' in params;
    return { error: `${NO_PARAMS}${isSecret ? '<redacted>' : inspect(params)}` };
  }
  const parsed = parseFilters(typeof filter === 'string' ? filter : '');
  if ('error' in parsed) return { error: `Error parsing \`filter\` params: ${parsed.error}` };
  const request: ChangeRequest = {
    event: readEvent(params.event),
    schema: typeof schema === 'string' ? schema : 'public',
    table: typeof table === 'string' ? table : '*',
    filters: parsed.filters,
    select: readSelect(params.select),
  };
  if (request.select && (request.schema === '*' || request.table === '*')) {
    return {
      error:
        'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
    };
  }
  return request;
}

function isTextIfSet(params: Readonly<JsonObject>, ...names: string[]): boolean {
  return names.every((name) => !(name in params) || typeof params[name] === 'string');
}

/** An unknown event means all events. */
function readEvent(event: unknown): ChangeRequest['event'] {
  const upper = typeof event === 'string' ? event.toUpperCase() : '*';
  return upper === 'INSERT' || upper === 'UPDATE' || upper === 'DELETE' ? upper : '*';
}

function readSelect(select: unknown): readonly string[] | undefined {
  const names = Array.isArray(select)
    ? select.filter((name): name is string => typeof name === 'string')
    : [];
  return names.length > 0 ? names : undefined;
}

/** FNV-1a over the sorted content, 27 bits like Realtime's ids. */
function hashBinding(params: Readonly<JsonObject>): number {
  let hash = 0x811c9dc5;
  for (const char of Buffer.from(canonical(params))) hash = Math.imul(hash ^ char, 0x01000193);
  return hash >>> 5;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value).toSorted();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}
