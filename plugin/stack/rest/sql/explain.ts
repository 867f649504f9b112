import type { Rows } from '../database/transaction.ts';

/** The output of EXPLAIN as one text, each line ended by a line break. */
export function readPlanText(result: Rows | undefined): string {
  return (result?.rows ?? []).map(([line]) => `${line ?? ''}\n`).join('');
}

/** The planner's row estimate, from the output of `EXPLAIN (FORMAT JSON)`. */
export function readPlannedRows(result: Rows | undefined): number | undefined {
  const plans = JSON.parse(readPlanText(result)) as { Plan?: { 'Plan Rows'?: number } }[];
  return plans[0]?.Plan?.['Plan Rows'];
}
