import type { ResolvedField } from '../plan/types.ts';
import { quoteLiteral, quoteIdentifier } from './quote.ts';
import type { Parameters } from './parameters.ts';

interface BodyOptions {
  /** Use only the first object of an array. */
  readonly firstOnly?: boolean;
  /** Fill keys that an object lacks with their column's default instead of null. */
  readonly applyDefaults?: boolean;
}

/** Whether JSON text begins like an object; PostgreSQL checks the rest. */
const looksLikeObject = (json: string): boolean => /^[ \t\r\n]*\{/.test(json);

/** A `FROM` clause with the objects of a JSON body as rows `pgrst_body` of typed columns. */
export function bodySql(
  body: string,
  fields: readonly ResolvedField[],
  params: Parameters,
  { firstOnly = false, applyDefaults = false }: BodyOptions = {},
): string {
  const single = looksLikeObject(body);
  const json = applyDefaults ? 'jsonb' : 'json';
  const payload = `(SELECT ${params.add(body)}::${json} AS json_data) pgrst_payload`;
  const defaults = applyDefaults ? `, LATERAL (${defaultsSql(fields, single)}) pgrst_json_defs` : '';
  const data = applyDefaults ? 'pgrst_json_defs.val' : 'pgrst_payload.json_data';
  const columns = fields.map(({ name, transform }) => {
    const column = quoteIdentifier(name);
    return transform === undefined ? column : `${transform}(${column}) AS ${column}`;
  });
  let rows: string;
  if (fields.length === 0) rows = single ? '(VALUES (1)) _' : `${json}_array_elements(${data}) _`;
  else {
    const types = fields.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ');
    const record = `${json}_to_record${single ? '' : 'set'}`;
    rows = `${record}(${data}) AS _(${types})${firstOnly ? ' LIMIT 1' : ''}`;
  }
  return ` FROM ${payload}${defaults}, LATERAL (SELECT ${columns.join(', ')} FROM ${rows}) pgrst_body`;
}

function defaultsSql(fields: readonly ResolvedField[], single: boolean): string {
  const pairs = fields.flatMap((field) =>
    field.default === null ? [] : [`${quoteLiteral(field.name)}, ${field.default}`],
  );
  const defaults = `jsonb_build_object(${pairs.join(', ')})`;
  if (single) return `SELECT ${defaults} || pgrst_payload.json_data AS val`;
  return `SELECT jsonb_agg(${defaults} || elem) AS val FROM jsonb_array_elements(pgrst_payload.json_data) elem`;
}
