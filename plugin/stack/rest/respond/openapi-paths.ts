import type { JsonObject } from '../../../shared/json.ts';
import type { Routine, RoutineParameter, Table } from '../schema-cache/types.ts';
import { openApiFormat, openApiType, withoutUndefined } from './openapi-types.ts';

const reference = (name: string): JsonObject => ({ $ref: `#/parameters/${name}` });
const response = (description: string): JsonObject => ({ description });

/** A comment's first line as summary, the rest as description. */
function splitComment(comment: string | null): JsonObject {
  if (comment === null) return {};
  const [summary, ...lines] = comment.split('\n');
  const description = lines.join('\n').replace(/^\n+/, '');
  return { summary, ...(description === '' ? {} : { description }) };
}

/** The operations on a table or view. */
export function relationPath(table: Table): JsonObject {
  const { name } = table;
  const filters = [...table.columns.keys()].map((column) => reference(`rowFilter.${name}.${column}`));
  const body = reference(`body.${name}`);
  const common = { ...splitComment(table.description), tags: [name] };
  const shared = ['select', 'order', 'range', 'rangeUnit', 'offset', 'limit', 'preferCount'];
  const rows = { type: 'array', items: { $ref: `#/definitions/${name}` } };
  const get = {
    ...common,
    parameters: [...filters, ...shared.map(reference)],
    responses: { 200: { description: 'OK', schema: rows }, 206: response('Partial Content') },
  };
  if (!table.insertable && !table.updatable && !table.deletable) return { get };
  return {
    get,
    post: {
      ...common,
      parameters: [body, reference('select'), reference('preferPost')],
      responses: { 201: response('Created') },
    },
    delete: {
      ...common,
      parameters: [...filters, reference('preferReturn')],
      responses: { 204: response('No Content') },
    },
    patch: {
      ...common,
      parameters: [...filters, body, reference('preferReturn')],
      responses: { 204: response('No Content') },
    },
  };
}

/** The operations on a function; a volatile one may write and has no GET. */
export function routinePath(routine: Routine, argumentsSchema: JsonObject): JsonObject {
  const common = {
    ...splitComment(routine.description),
    tags: [`(rpc) ${routine.name}`],
    produces: [
      'application/json',
      'application/vnd.pgrst.object+json;nulls=stripped',
      'application/vnd.pgrst.object+json',
    ],
    responses: { 200: response('OK') },
  };
  const post = {
    ...common,
    parameters: [
      { name: 'args', in: 'body', required: true, schema: argumentsSchema },
      reference('preferParams'),
    ],
  };
  if (routine.volatility === 'volatile') return { post };
  return { get: { ...common, parameters: routine.parameters.map(queryParameter) }, post };
}

function queryParameter({ name, type, required, variadic }: RoutineParameter): JsonObject {
  const common = { name, required, in: 'query' };
  if (variadic) {
    const element = type.replace(/\[\]$/, '');
    const items = withoutUndefined({ type: openApiType(element), format: openApiFormat(element) });
    return { ...common, type: openApiType(type) ?? 'string', collectionFormat: 'multi', items };
  }
  // In a query string an array is text.
  const shown = openApiType(type);
  return {
    ...common,
    type: shown === 'array' || shown === undefined ? 'string' : shown,
    format: openApiFormat(type),
  };
}

function preferHeader(values: readonly string[]): JsonObject {
  return {
    name: 'Prefer',
    description: 'Preference',
    required: false,
    in: 'header',
    type: 'string',
    ...(values.length === 0 ? {} : { enum: values }),
  };
}

function textParameter(name: string, description: string, place: 'query' | 'header'): JsonObject {
  return {
    name,
    description,
    required: false,
    in: place,
    type: 'string',
  };
}

const RETURN = ['return=representation', 'return=minimal', 'return=none'];
const RESOLUTION = ['resolution=ignore-duplicates', 'resolution=merge-duplicates'];

/** The parameters that the operations refer to. */
export function sharedParameters(tables: readonly Table[]): JsonObject {
  return {
    preferParams: preferHeader([]),
    preferReturn: preferHeader(RETURN),
    preferCount: preferHeader(['count=none']),
    preferPost: preferHeader([...RETURN, ...RESOLUTION]),
    select: textParameter('select', 'Filtering Columns', 'query'),
    on_conflict: textParameter('on_conflict', 'On Conflict', 'query'),
    order: textParameter('order', 'Ordering', 'query'),
    range: textParameter('Range', 'Limiting and Pagination', 'header'),
    rangeUnit: { ...textParameter('Range-Unit', 'Limiting and Pagination', 'header'), default: 'items' },
    offset: textParameter('offset', 'Limiting and Pagination', 'query'),
    limit: textParameter('limit', 'Limiting and Pagination', 'query'),
    ...Object.fromEntries(tables.flatMap(tableParameters)),
  };
}

function tableParameters(table: Table): [string, JsonObject][] {
  const { name } = table;
  const schema = { $ref: `#/definitions/${name}` };
  return [
    [`body.${name}`, { name, description: name, required: false, in: 'body', schema }],
    ...[...table.columns.values()].map((column): [string, JsonObject] => [
      `rowFilter.${name}.${column.name}`,
      withoutUndefined({
        name: column.name,
        description: column.description ?? undefined,
        required: false,
        in: 'query',
        type: 'string',
      }),
    ]),
  ];
}
