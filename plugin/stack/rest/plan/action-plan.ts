import type { ApiRequest } from '../parse/api-request.ts';
import {
  invalidPreferences,
  maxAffectedOnSingleResult,
  unacceptableMediaTypes,
} from '../parse/request-errors.ts';
import { qualifiedKey, type QualifiedName, type SchemaCache, type Table } from '../schema-cache/types.ts';
import { argumentNames, findRoutine, planCall } from './call-plan.ts';
import { tableNotFound } from './lookup-errors.ts';
import { planMutation } from './mutate-plan.ts';
import { negotiate } from './negotiate.ts';
import { planRead, type ReadOptions } from './read-plan.ts';
import type { ActionPlan, CrudPlan } from './types.ts';

interface PlanOptions extends ReadOptions {
  readonly planEnabled: boolean;
}

// PostgREST v16 src/library/PostgREST/Plan.hs

/**
 * Plans a request against the schema cache, without the database.
 *
 * @throws RestError PGRST1xx, PGRST2xx
 */
export function planAction(cache: SchemaCache, request: ApiRequest, options: PlanOptions): ActionPlan {
  const { action, schema } = request;
  switch (action.kind) {
    case 'read':
    case 'mutate':
      return planRelation(cache, request, findTable(cache, schema, action.relation), options);
    case 'call':
      return planRoutine(cache, request, action, options);
    case 'inspect': {
      const isProduced = request.accept.some(({ kind }) => ['openapi', 'json', 'any'].includes(kind));
      if (!isProduced) throw unacceptableMediaTypes(request.accept.map(({ mime }) => mime));
      return { kind: 'inspect', headersOnly: action.headersOnly };
    }
    case 'relationInfo':
      return { kind: 'info', allow: allowedOn(findTable(cache, schema, action.relation)) };
    case 'routineInfo': {
      const names = argumentNames(request);
      const { contentType } = request;
      const lookup = { schema, name: action.routine, argumentNames: names, contentType, isPost: false };
      const routine = findRoutine(cache, lookup);
      const allow = routine.volatility === 'volatile' ? 'OPTIONS,POST' : 'OPTIONS,GET,HEAD,POST';
      return { kind: 'info', allow };
    }
    case 'schemaInfo':
      return { kind: 'info', allow: 'OPTIONS,GET,HEAD' };
  }
}

function findTable(cache: SchemaCache, schema: string, name: string): Table {
  const table = cache.tables.get(qualifiedKey(schema, name));
  if (!table) throw tableNotFound(cache, schema, name);
  return table;
}

function planRelation(cache: SchemaCache, request: ApiRequest, table: Table, options: PlanOptions): CrudPlan {
  const { action } = request;
  const target: QualifiedName = { schema: table.schema, name: table.name };
  const read = planRead(cache, request, target, options);
  if (action.kind === 'mutate') {
    const mutate = planMutation(cache, request, { mutation: action.mutation, table, read });
    checkPreferences(request);
    const format = negotiate(cache, request, { target, read, planEnabled: options.planEnabled });
    return { kind: 'mutate', target, read, mutate, mutation: action.mutation, ...format };
  }
  const format = negotiate(cache, request, { target, read, planEnabled: options.planEnabled });
  checkPreferences(request);
  const headersOnly = action.kind === 'read' && action.headersOnly;
  return { kind: 'read', target, read, headersOnly, ...format };
}

function planRoutine(
  cache: SchemaCache,
  request: ApiRequest,
  action: ApiRequest['action'] & { kind: 'call' },
  options: PlanOptions,
): CrudPlan {
  const { preferences, schema, contentType } = request;
  const { method } = action;
  const names = argumentNames(request);
  const isPost = method === 'post';
  const lookup = { schema, name: action.routine, argumentNames: names, contentType, isPost };
  const routine = findRoutine(cache, lookup);
  // The rows of a table that a function returns can embed whatever the table can.
  const { type, composite, setOf } = routine.returns;
  const relation: QualifiedName = { schema: routine.schema, name: composite ? type.name : routine.name };
  const read = planRead(cache, request, relation, options);
  const call = planCall(request, routine, names, read);
  const format = negotiate(cache, request, { target: relation, read, planEnabled: options.planEnabled });
  checkPreferences(request);
  if (preferences.handling === 'strict' && preferences.maxAffected !== undefined && !setOf)
    throw maxAffectedOnSingleResult();
  return { kind: 'call', target: { schema, name: action.routine }, read, call, method, ...format };
}

function checkPreferences({ preferences }: ApiRequest): void {
  if (preferences.handling === 'strict' && preferences.invalid.length > 0)
    throw invalidPreferences(preferences.invalid);
}

function allowedOn(table: Table): string {
  const hasKey = table.primaryKey.length > 0;
  return [
    'OPTIONS,GET,HEAD',
    ...(table.insertable ? ['POST'] : []),
    ...(table.insertable && table.updatable && hasKey ? ['PUT'] : []),
    ...(table.updatable ? ['PATCH'] : []),
    ...(table.deletable ? ['DELETE'] : []),
  ].join(',');
}
