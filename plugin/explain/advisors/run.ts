import type { ReadSession } from '../facts/explain-database.ts';
import type { Advisor, AdvisorFinding } from './advisor.ts';
import { OWN_SCHEMAS } from './own-schemas.ts';
import { PERFORMANCE_ADVISORS } from './performance.ts';
import { REALTIME_ADVISORS } from './realtime.ts';
import { SECURITY_ADVISORS } from './security.ts';

export const ADVISORS: readonly Advisor[] = [
  ...SECURITY_ADVISORS,
  ...REALTIME_ADVISORS,
  ...PERFORMANCE_ADVISORS,
];

/** Every broken rule, security first. */
export async function runAdvisors(
  session: ReadSession,
  exposedSchemas: readonly string[],
): Promise<AdvisorFinding[]> {
  const findings: AdvisorFinding[] = [];
  for (const advisor of ADVISORS) {
    const { name, category, severity, sql } = advisor;
    // Every query has both parameters, which PostgreSQL otherwise could not type.
    const text = `with parameters as (select $1::text[], $2::text[]) ${sql}`;
    const rows = await session.rows<Record<string, string>>(text, [exposedSchemas, OWN_SCHEMAS]);
    for (const row of rows) {
      const level = severity === 'info' ? 'note' : 'problem';
      findings.push({
        kind: name,
        subject: row.subject ?? '',
        level,
        category,
        severity,
        ...advisor.describe(row),
      });
    }
  }
  return findings;
}
