import { settingsOfRequest } from '../explain/facts/caller.ts';
import type { ReadSession } from '../explain/facts/explain-database.ts';
import type { Observation } from '../shared/observations.ts';

export interface RequestPlan {
  /** PostgreSQL's text. */
  readonly plan: string;
  /** Whether the statement ran, so that the plan has times and rows. */
  readonly isMeasured: boolean;
}

/**
 * The plan of a request's statements, as its caller. Only what reads runs again; the transaction is read-only.
 *
 * @returns undefined where no statement is known
 */
export async function planRequest(
  session: ReadSession,
  cause: Observation | undefined,
): Promise<RequestPlan | undefined> {
  if (cause?.kind !== 'rest' || !cause.transaction) return undefined;
  const isMeasured = cause.target?.action === 'select';
  const explain = isMeasured ? 'explain (analyze, buffers)' : 'explain (verbose)';
  const plans: string[] = [];
  for (const { text, params } of cause.transaction.statements) {
    // oxlint-disable-next-line no-await-in-loop -- one connection
    const result = await session.attempt(settingsOfRequest(cause), { text: `${explain} ${text}`, params });
    plans.push(
      'error' in result
        ? `PostgreSQL: ${result.error}`
        : result.rows.map((row) => String(row['QUERY PLAN'])).join('\n'),
    );
  }
  return { plan: plans.join('\n\n'), isMeasured };
}
