import { RestError } from '../http/rest-error.ts';
import { qualifiedKey } from '../schema-cache/types.ts';
import type { UnfilteredWriters } from '../schema-cache/unfiltered-writers.ts';
import type { ActionPlan } from './types.ts';

/**
 * Refuses updates and deletes of whole tables, as pg-safeupdate does for Supabase's API
 * (supabase/postgres 20220118070449: session_preload_libraries of role authenticator).
 *
 * @throws RestError 21000
 */
export function requireFilters(plan: ActionPlan): void {
  if (plan.kind !== 'mutate') return;
  const { mutate } = plan;
  if (mutate.kind === 'insert' || mutate.where.length > 0) return;
  // Without columns PostgREST runs no UPDATE.
  if (mutate.kind === 'update' && mutate.columns.length === 0) return;
  const message = `${mutate.kind.toUpperCase()} requires a WHERE clause`;
  throw new RestError(400, { code: '21000', message });
}

/** Whether what a plan runs inside the database, a function or triggers, may update or delete without a filter. */
export function mayWriteUnfiltered(plan: ActionPlan, { routines, tables }: UnfilteredWriters): boolean {
  if (plan.kind === 'call') {
    const { schema, name } = plan.call.routine;
    return routines.size > 0 && routines.has(qualifiedKey(schema, name));
  }
  if (plan.kind !== 'mutate' || tables.size === 0) return false;
  const { schema, name } = plan.mutate.into;
  return tables.has(qualifiedKey(schema, name));
}
