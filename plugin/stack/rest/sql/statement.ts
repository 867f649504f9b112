import type { MediaType } from '../parse/media-type.ts';
import type { Preferences } from '../parse/preferences.ts';
import { isAllRows, type RowRange } from '../parse/range.ts';
import { returnsScalar, returnsSetOfScalar, returnsSingleComposite, type CrudPlan } from '../plan/types.ts';
import { SOURCE } from '../plan/relate.ts';
import type { MediaHandler, Routine } from '../schema-cache/types.ts';
import { callSql } from './call-query.ts';
import { mutateSql } from './mutate-query.ts';
import { countSql, readSql } from './read-query.ts';
import { Parameters, quoteIdentifier, quoteLiteral, type Statement } from './writer.ts';

/**
 * The columns of the one row that every statement answers, in this order. `total` is the count without limit, `page`
 * that of the rows themselves, `location` a JSON array of `column=eq.value`, `inserted` the number of rows that an
 * upsert inserted.
 */
const RESULT_COLUMNS = [
  'total',
  'page',
  'location',
  'body',
  'response_headers',
  'response_status',
  'inserted',
] as const;

export interface StatementOptions {
  readonly preferences: Preferences;
  /** The rows asked for, as the client named them. */
  readonly range: RowRange;
  readonly maxRows: number | undefined;
}

/** The one statement that does the work of a request. */
export function buildStatement(plan: CrudPlan, options: StatementOptions): Statement {
  const params = new Parameters();
  const text = explained(plan.mediaType, statementText(plan, options, params));
  return { text, params: params.values };
}

/** What the planner thinks of the rows that a read would count: for `count=planned` and `count=estimated`. */
export function buildPlannedCount(plan: CrudPlan): Statement {
  const params = new Parameters();
  return { text: `EXPLAIN (FORMAT JSON) ${countSql(plan.read, params)}`, params: params.values };
}

function statementText(plan: CrudPlan, options: StatementOptions, params: Parameters): string {
  switch (plan.kind) {
    case 'read': {
      const source = readSql(plan.read, params);
      const count = countParts(plan, options, 'pg_catalog.count(_postgrest_t)', params);
      return (
        `WITH ${SOURCE} AS (${source})${count.cte} ` +
        `SELECT ${resultColumns(count.total, 'pg_catalog.count(_postgrest_t)', plan.handler)} ` +
        `FROM (SELECT * FROM ${SOURCE}) _postgrest_t`
      );
    }
    case 'mutate': {
      const source = mutateSql(plan.mutate, params);
      // What is selected may not even be returned when no body is wanted.
      const rows = plan.handler.kind === 'none' ? `SELECT * FROM ${SOURCE}` : readSql(plan.read, params);
      const page = 'pg_catalog.count(_postgrest_t)';
      return (
        `WITH ${SOURCE} AS (${source}) ` +
        `SELECT ${resultColumns('null', page, plan.handler, undefined, locationSql(plan, options), insertedSql(plan, options))} ` +
        `FROM (${rows}) _postgrest_t`
      );
    }
    case 'call': {
      const { routine } = plan.call;
      const page = routine.returns.setOf ? 'pg_catalog.count(_postgrest_t)' : '1';
      const source = callSql(plan.call, params);
      const count = countParts(plan, options, page, params);
      const rows = readSql(plan.read, params);
      return (
        `WITH ${SOURCE} AS (${source})${count.cte} ` +
        `SELECT ${resultColumns(count.total, page, plan.handler, routine)} FROM (${rows}) _postgrest_t`
      );
    }
  }
}

function countParts(
  plan: CrudPlan,
  { preferences, range, maxRows }: StatementOptions,
  page: string,
  params: Parameters,
): { cte: string; total: string } {
  if (preferences.count !== 'exact' && preferences.count !== 'estimated') return { cte: '', total: 'null' };
  // Without any limit the page is all there is.
  if (maxRows === undefined && isAllRows(range)) return { cte: '', total: page };
  const isEstimate = preferences.count === 'estimated' && plan.kind === 'read' && maxRows !== undefined;
  // One more than may be returned is enough to know that there are more.
  const limit = isEstimate ? ` LIMIT ${maxRows + 1}` : '';
  return {
    cte: `, pgrst_source_count AS (${countSql(plan.read, params)}${limit})`,
    total: '(SELECT pg_catalog.count(*) FROM pgrst_source_count)',
  };
}

function resultColumns(
  total: string,
  page: string,
  handler: MediaHandler,
  routine?: Routine,
  location: string = 'null',
  inserted: string = 'null',
): string {
  const values = [
    total,
    page,
    location,
    bodyColumn(handler, routine),
    "nullif(current_setting('response.headers', true), '')",
    "nullif(current_setting('response.status', true), '')",
    inserted,
  ];
  return values.map((value, index) => `${value} AS ${RESULT_COLUMNS[index]}`).join(', ');
}

/** The body of the answer, aggregated from the rows `_postgrest_t`. */
function bodyColumn(handler: MediaHandler, routine: Routine | undefined): string {
  const isScalar = routine !== undefined && returnsScalar(routine);
  const hasScalars = isScalar || (routine !== undefined && returnsSetOfScalar(routine));
  const isSingle = isScalar || (routine !== undefined && returnsSingleComposite(routine));
  const strip = (sql: string, wanted: boolean): string => (wanted ? `json_strip_nulls(${sql})` : sql);
  const rows = `json_agg(_postgrest_t${hasScalars ? '.pgrst_scalar' : ''})`;
  const array = (stripNulls: boolean): string =>
    isSingle
      ? `coalesce(${strip(`${rows}->0`, stripNulls)}, 'null')`
      : `coalesce(${strip(rows, stripNulls)}, '[]')`;
  switch (handler.kind) {
    case 'json':
      return array(false);
    case 'jsonArrayStripped':
      return array(true);
    case 'jsonObject': {
      const objects = isScalar ? 'json_agg(_postgrest_t.pgrst_scalar)' : 'json_agg(_postgrest_t)';
      return `coalesce(${strip(`${objects}->0`, handler.stripNulls)}, 'null')`;
    }
    case 'geojson':
      return "json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(ST_AsGeoJSON(_postgrest_t)::json), '[]'))";
    case 'csv':
      return CSV_BODY;
    case 'custom': {
      const made = quoteIdentifier(handler.function);
      if (isScalar) return `${made}(_postgrest_t.pgrst_scalar)`;
      return `${made}(_postgrest_t${handler.target ? `::${quoteIdentifier(handler.target)}` : ''})`;
    }
    case 'none':
      return "''::text";
  }
}

// A row as text is `(a,b)`; without the parentheses it is a line of CSV.
const CSV_BODY =
  `(SELECT coalesce(string_agg(names.k, ','), '') FROM (SELECT json_object_keys(row_to_json(first_row))::text AS k ` +
  `FROM (SELECT * FROM ${SOURCE} LIMIT 1) first_row) names) || E'\\n' || ` +
  `coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), E'\\n'), '')`;

/** The primary key of the one row that was inserted, for the `Location` header. */
function locationSql(plan: CrudPlan & { kind: 'mutate' }, { preferences }: StatementOptions): string {
  if (plan.mutate.kind !== 'insert' || preferences.return !== 'headers-only') return 'null';
  const keys = plan.mutate.primaryKey.map(quoteLiteral).join(', ');
  if (keys === '') return 'null';
  return (
    `CASE WHEN pg_catalog.count(_postgrest_t) = 1 THEN (` +
    `SELECT json_agg(e.key || '=' || coalesce('eq.' || e.value, 'is.null')) ` +
    `FROM (SELECT * FROM ${SOURCE} LIMIT 1) r, json_each_text(row_to_json(r)) e WHERE e.key IN (${keys})) END`
  );
}

function insertedSql(plan: CrudPlan & { kind: 'mutate' }, { preferences }: StatementOptions): string {
  const isMerge = plan.mutation === 'upsert' || preferences.resolution === 'merge-duplicates';
  return plan.mutate.kind === 'insert' && isMerge
    ? "nullif(current_setting('pgrst.inserted', true), '')::int"
    : 'null';
}

function explained(type: MediaType, sql: string): string {
  if (type.kind !== 'plan') return sql;
  const options = [`FORMAT ${type.format}`, ...type.options].map((option) => option.toUpperCase());
  return `EXPLAIN (${options.join(', ')}) ${sql}`;
}
