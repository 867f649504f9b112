import type { Rows } from './database/transaction.ts';
import type { HttpResponse } from './http/response.ts';
import type { ApiRequest } from './parse/api-request.ts';
import { maxAffectedExceeded, notSingular, putPrimaryKeyMismatch } from './parse/request-errors.ts';
import type { CrudPlan } from './plan/types.ts';
import type { RequestTransaction } from './request-transaction.ts';
import { respond, respondPlan } from './respond/respond.ts';
import type { RestSettings } from './settings/settings.ts';
import { readPlannedRows, readPlanText } from './sql/explain.ts';
import { readResultRow, type ResultRow } from './sql/result-row.ts';
import { buildPlannedCount, buildStatement } from './sql/statement.ts';

/**
 * Runs a planned read, write or function call and makes its response.
 *
 * @throws RestError
 */
export async function runPlan(
  plan: CrudPlan,
  request: ApiRequest,
  settings: Pick<RestSettings, 'maxRows' | 'errorVerbosity'>,
  transaction: RequestTransaction,
): Promise<HttpResponse> {
  const { preferences, range } = request;
  const { maxRows } = settings;
  const statement = buildStatement(plan, { preferences, range, maxRows });
  const readOnly = isReadOnly(plan);
  if (plan.mediaType.kind === 'plan') {
    const [lines] = await transaction.run([statement], readOnly);
    return respondPlan(plan.mediaType, request, readPlanText(lines));
  }
  const asksPlanner =
    plan.kind === 'read' && (preferences.count === 'planned' || preferences.count === 'estimated');
  const statements = asksPlanner ? [statement, buildPlannedCount(plan)] : [statement];
  const validate = needsValidation(plan, request)
    ? ([rows]: readonly Rows[]) => validateResult(plan, request, readResultRow(rows))
    : undefined;
  const [rows, planned] = await transaction.run(statements, readOnly, validate);
  const result = readResultRow(rows);
  const total = asksPlanner
    ? estimateTotal(request, result, readPlannedRows(planned), maxRows)
    : result.total;
  return respond(plan, request, { ...result, total }, settings.errorVerbosity);
}

/** Whether the transaction is read-only, so that PostgreSQL refuses what a function tries to write. */
function isReadOnly(plan: CrudPlan): boolean {
  if (plan.kind === 'read') return true;
  if (plan.kind === 'mutate') return false;
  return plan.method !== 'post' || plan.call.routine.volatility !== 'volatile';
}

function needsValidation(plan: CrudPlan, { preferences }: ApiRequest): boolean {
  if (plan.mediaType.kind === 'singular') return true;
  if (plan.kind === 'mutate' && plan.mutation === 'upsert') return true;
  return plan.kind !== 'read' && preferences.maxAffected !== undefined && preferences.handling === 'strict';
}

/** @throws RestError, by which the transaction is rolled back */
function validateResult(plan: CrudPlan, { preferences }: ApiRequest, { page }: ResultRow): void {
  if (plan.kind === 'mutate' && plan.mutation === 'upsert') {
    if (page !== 1) throw putPrimaryKeyMismatch();
    return;
  }
  if (plan.mediaType.kind === 'singular' && page !== 1) throw notSingular(page);
  const mayExceed =
    plan.kind === 'call' ||
    (plan.kind === 'mutate' && (plan.mutation === 'update' || plan.mutation === 'delete'));
  const { maxAffected, handling } = preferences;
  if (mayExceed && handling === 'strict' && maxAffected !== undefined && page > maxAffected)
    throw maxAffectedExceeded(page);
}

/** The planner's estimate for `planned`; for `estimated` only when there are more rows than one response may have. */
function estimateTotal(
  { preferences }: ApiRequest,
  { total }: ResultRow,
  estimate: number | undefined,
  maxRows: number | undefined,
): number | undefined {
  if (preferences.count === 'planned') return estimate;
  // In PostgREST, any number of rows exceeds a limit that is not set.
  const isBeyond = total !== undefined && (maxRows === undefined || total > maxRows);
  return isBeyond && estimate !== undefined ? Math.max(total, estimate) : total;
}
