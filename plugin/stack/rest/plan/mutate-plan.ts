import type { ApiRequest, Mutation } from '../parse/api-request.ts';
import { invalidPutFilters } from '../parse/request-errors.ts';
import type { QualifiedName, SchemaCache, Table } from '../schema-cache/types.ts';
import { columnsNeeded } from './read-plan.ts';
import { resolveFilter, resolveLogic, resolveWritten } from './resolve-field.ts';
import type { MutatePlan, PlannedLogic, ReadNode } from './types.ts';

/** Plans a write. @throws RestError PGRST105 for a PUT that does not name its row, PGRST204 for an unknown column */
export function planMutation(
  cache: SchemaCache,
  request: ApiRequest,
  { mutation, table, read }: { mutation: Mutation; table: Table; read: ReadNode },
): MutatePlan {
  const { query, preferences, payload } = request;
  const into: QualifiedName = { schema: table.schema, name: table.name };
  const { primaryKey } = table;
  const where = rootConditions(cache, request, into);
  const returnsRows = preferences.return === 'representation' || preferences.return === 'headers-only';
  const returning = returnsRows ? columnsNeeded(read, primaryKey) : [];
  if (mutation === 'delete') return { kind: 'delete', into, where, returning };

  if (mutation === 'upsert' && !namesOneRow(request, primaryKey)) throw invalidPutFilters();
  const keys = payload && payload.kind !== 'raw' ? payload.keys : [];
  const columns = keys.map((key) => resolveWritten(cache, table, key));
  const body = payload?.kind === 'json' ? payload.text : '';
  const applyDefaults = preferences.missing === 'default';
  switch (mutation) {
    case 'update':
      return { kind: 'update', into, columns, body, where, returning, applyDefaults };
    case 'upsert': {
      const onConflict = { resolution: 'merge' as const, columns: primaryKey };
      return {
        kind: 'insert',
        into,
        columns,
        body,
        onConflict,
        where,
        returning,
        primaryKey: [],
        applyDefaults: false,
      };
    }
    case 'create': {
      const target = query.onConflict ?? primaryKey;
      const onConflict =
        preferences.resolution === undefined
          ? undefined
          : {
              resolution:
                preferences.resolution === 'merge-duplicates' ? ('merge' as const) : ('ignore' as const),
              columns: target,
            };
      return {
        kind: 'insert',
        into,
        columns,
        body,
        onConflict,
        where: [],
        returning,
        primaryKey,
        applyDefaults,
      };
    }
  }
}

function rootConditions(cache: SchemaCache, request: ApiRequest, table: QualifiedName): PlannedLogic[] {
  const { filters, logic } = request.query;
  return [
    ...filters.filter(({ path }) => path.length === 0).map(({ value }) => resolveFilter(cache, table, value)),
    ...logic.map(({ value }) => resolveLogic(cache, table, value)),
  ];
}

/** Whether the filters are exactly `eq` on each column of the primary key. */
function namesOneRow(request: ApiRequest, primaryKey: readonly string[]): boolean {
  const { filters, filterKeys, logic } = request.query;
  if (logic.length > 0 || primaryKey.length === 0) return false;
  if (filterKeys.size !== primaryKey.length || !primaryKey.every((name) => filterKeys.has(name)))
    return false;
  return filters
    .filter(({ path }) => path.length === 0)
    .every(
      ({ value: { negated, operation } }) =>
        !negated &&
        operation.kind === 'quantified' &&
        operation.operator === 'eq' &&
        operation.quantifier === undefined,
    );
}
