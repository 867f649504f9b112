import type { MediaType } from '../parse/media-type.ts';
import type { Preferences } from '../parse/preferences.ts';
import { isAllRows, type RowRange } from '../parse/range.ts';
import { returnsScalar, returnsSetOfScalar, returnsSingleComposite, type CrudPlan } from '../plan/types.ts';
import { SOURCE } from '../plan/relate.ts';
import type { MediaHandler, Routine } from '../schema-cache/types.ts';
import { callSql } from './call-query.ts';
import { mutateSql } from './mutate-query.ts';
import { countSql, readSql } from './read-query.ts';
import { Parameters } from './parameters.ts';
import { readColumnsSql, writeColumnsSql } from './result-row.ts';
import { quoteQualifiedName, quoteLiteral } from './quote.ts';
import type { Statement } from '../database/transaction.ts';

// PostgREST v16 src/library/PostgREST/Query/Statements.hs, src/library/PostgREST/Query/SqlFragment.hs

interface StatementOptions {
  readonly preferences: Preferences;
  /** The rows that the client asked for, before `max_rows` applies. */
  readonly range: RowRange;
  readonly maxRows: number | undefined;
}

/** The statement that does the whole work of a request; it returns one row (result-row.ts). */
export function buildStatement(plan: CrudPlan, options: StatementOptions): Statement {
  const params = new Parameters();
  const text = explained(plan.mediaType, statementText(plan, options, params));
  return { text, params: params.values };
}

/** Asks the planner how many rows a read would count: for `count=planned` and `count=estimated`. */
export function buildPlannedCount(plan: CrudPlan): Statement {
  const params = new Parameters();
  return { text: `EXPLAIN (FORMAT JSON) ${countSql(plan.read, params)}`, params: params.values };
}

const COUNT_ROWS = 'pg_catalog.count(_postgrest_t)';

function statementText(plan: CrudPlan, options: StatementOptions, params: Parameters): string {
  switch (plan.kind) {
    case 'read': {
      const source = readSql(plan.read, params);
      const count = countParts(plan, options, COUNT_ROWS, params);
      const columns = readColumnsSql({
        total: count.total,
        page: COUNT_ROWS,
        body: bodyColumn(plan.handler, undefined),
      });
      return (
        `WITH ${SOURCE} AS (${source})${count.cte} ` +
        `SELECT ${columns} FROM (SELECT * FROM ${SOURCE}) _postgrest_t`
      );
    }
    case 'mutate': {
      const source = mutateSql(plan.mutate, params);
      // Without a body nothing is selected: the write may not even return the selected columns.
      const rows = plan.handler.kind === 'none' ? `SELECT * FROM ${SOURCE}` : readSql(plan.read, params);
      const columns = writeColumnsSql({
        page: COUNT_ROWS,
        location: locationSql(plan, options),
        body: bodyColumn(plan.handler, undefined),
        inserted: insertedSql(plan, options),
      });
      return `WITH ${SOURCE} AS (${source}) SELECT ${columns} FROM (${rows}) _postgrest_t`;
    }
    case 'call': {
      const { routine } = plan.call;
      const page = routine.returns.setOf ? COUNT_ROWS : '1';
      const source = callSql(plan.call, params);
      const count = countParts(plan, options, page, params);
      const rows = readSql(plan.read, params);
      const columns = readColumnsSql({
        total: count.total,
        page,
        body: bodyColumn(plan.handler, routine),
      });
      return `WITH ${SOURCE} AS (${source})${count.cte} SELECT ${columns} FROM (${rows}) _postgrest_t`;
    }
  }
}

/** The count without limit: its expression, and the common table expression that it needs. */
function countParts(
  plan: CrudPlan,
  { preferences, range, maxRows }: StatementOptions,
  page: string,
  params: Parameters,
): { cte: string; total: string | undefined } {
  if (preferences.count !== 'exact' && preferences.count !== 'estimated')
    return { cte: '', total: undefined };
  // Without any limit the page holds all rows.
  if (maxRows === undefined && isAllRows(range)) return { cte: '', total: page };
  const isEstimate = preferences.count === 'estimated' && plan.kind === 'read' && maxRows !== undefined;
  // Counting one row more than a response may have shows whether there are more.
  const limit = isEstimate ? ` LIMIT ${maxRows + 1}` : '';
  return {
    cte: `, pgrst_source_count AS (${countSql(plan.read, params)}${limit})`,
    total: '(SELECT pg_catalog.count(*) FROM pgrst_source_count)',
  };
}

/** The response body, aggregated from the rows `_postgrest_t`. */
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
      const made = quoteQualifiedName(handler.function);
      if (isScalar) return `${made}(_postgrest_t.pgrst_scalar)`;
      return `${made}(_postgrest_t${handler.target ? `::${quoteQualifiedName(handler.target)}` : ''})`;
    }
    case 'none':
      return "''::text";
  }
}

// A row as text is `(a,b)`: a line of CSV in parentheses.
const CSV_BODY =
  `(SELECT coalesce(string_agg(names.k, ','), '') FROM (SELECT json_object_keys(row_to_json(first_row))::text AS k ` +
  `FROM (SELECT * FROM ${SOURCE} LIMIT 1) first_row) names) || E'\\n' || ` +
  `coalesce(string_agg(substring(_postgrest_t::text, 2, length(_postgrest_t::text) - 2), E'\\n'), '')`;

/** The primary key of a single inserted row, for the `Location` header. */
function locationSql(
  plan: CrudPlan & { kind: 'mutate' },
  { preferences }: StatementOptions,
): string | undefined {
  if (plan.mutate.kind !== 'insert' || preferences.return !== 'headers-only') return undefined;
  const keys = plan.mutate.primaryKey.map(quoteLiteral).join(', ');
  if (keys === '') return undefined;
  return (
    `CASE WHEN ${COUNT_ROWS} = 1 THEN (` +
    `SELECT json_agg(e.key || '=' || coalesce('eq.' || e.value, 'is.null')) ` +
    `FROM (SELECT * FROM ${SOURCE} LIMIT 1) r, json_each_text(row_to_json(r)) e WHERE e.key IN (${keys})) END`
  );
}

function insertedSql(
  plan: CrudPlan & { kind: 'mutate' },
  { preferences }: StatementOptions,
): string | undefined {
  const isMerge = plan.mutation === 'upsert' || preferences.resolution === 'merge-duplicates';
  return plan.mutate.kind === 'insert' && isMerge
    ? "nullif(current_setting('pgrst.inserted', true), '')::int"
    : undefined;
}

function explained(type: MediaType, sql: string): string {
  if (type.kind !== 'plan') return sql;
  const options = [`FORMAT ${type.format}`, ...type.options].map((option) => option.toUpperCase());
  return `EXPLAIN (${options.join(', ')}) ${sql}`;
}
