import { RestError } from '../http/rest-error.ts';
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
