import type { Explanation } from '../explanation.ts';

/** How urgent a finding is: `error` for data that anybody can read or write, `info` for what may be intended. */
export type Severity = 'error' | 'warning' | 'info';

/** A lint of the database, after the documented rules of Supabase's database advisors. */
export interface Advisor {
  /** Supabase's name of the rule. */
  readonly name: string;
  readonly category: 'security' | 'performance';
  readonly severity: Severity;
  /**
   * Selects what breaks the rule: `subject` is what it is about, quoted for SQL; further text columns are for the sentences.
   * `$1` is the list of exposed schemas, `$2` that of schemas that belong to Supabase and not to the project.
   */
  readonly sql: string;
  describe(row: Readonly<Record<string, string>>): Pick<Explanation, 'cause' | 'cure' | 'code'>;
}

/** A broken rule. */
export interface AdvisorFinding extends Explanation {
  readonly category: Advisor['category'];
  readonly severity: Severity;
}
