/** What one test file has printed, as Perl's TAP::Parser reads it (theory/pgtap's pg_prove uses that). */
export interface TapResult {
  /** Undefined without a plan. */
  readonly planned: number | undefined;
  readonly run: number;
  /** Numbers of the tests that failed; those marked TODO may. */
  readonly failed: readonly number[];
  /** Numbers of the tests marked TODO that passed. */
  readonly todoPassed: readonly number[];
  readonly skipped: number;
  /** The reason of a plan that skips all tests. */
  readonly skipAll: string | undefined;
  /** The reason of `Bail out!`: no further file is run. */
  readonly bailOut: string | undefined;
  /** What contradicts the plan. */
  readonly errors: readonly string[];
}

const PLAN = /^1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$/i;
const TEST = /^(not )?ok\b\s*(\d+)?(.*)$/;
const DIRECTIVE = /(?<!\\)#\s*(skip|todo)\b/i;
const BAIL_OUT = /^\s*Bail out!\s*(.*)$/;

/** Reads the lines of one test file; those that are no TAP count for nothing. */
export function parseTap(lines: readonly string[]): TapResult {
  let planned: number | undefined;
  let isPlanLast = false;
  let isPlanFirst = false;
  let skipAll: string | undefined;
  let bailOut: string | undefined;
  let run = 0;
  let skipped = 0;
  const failed: number[] = [];
  const todoPassed: number[] = [];
  const errors: string[] = [];
  for (const line of lines) {
    const plan = PLAN.exec(line);
    const test = plan ? undefined : TEST.exec(line);
    bailOut ??= BAIL_OUT.exec(line)?.[1];
    if (bailOut !== undefined) break;
    if (plan) {
      if (planned !== undefined) errors.push('More than one plan found in TAP output');
      planned ??= Number(plan[1]);
      if (planned === 0) skipAll = plan[2] ?? '';
      isPlanFirst = run === 0;
      isPlanLast = true;
    } else if (test) {
      run += 1;
      isPlanLast = false;
      const number = test[2] === undefined ? run : Number(test[2]);
      if (number !== run) errors.push(`Tests out of sequence.  Found (${number}) but expected (${run})`);
      const directive = DIRECTIVE.exec(test[3] ?? '')?.[1]?.toLowerCase();
      const passed = test[1] === undefined;
      if (directive === 'skip') skipped += 1;
      if (directive === 'todo' && passed) todoPassed.push(run);
      if (!passed && directive === undefined) failed.push(run);
    }
  }
  if (planned === undefined) {
    if (bailOut === undefined) errors.push('No plan found in TAP output');
  } else {
    if (!isPlanFirst && !isPlanLast)
      errors.push(`Plan (1..${planned}) must be at the beginning or end of the TAP output`);
    if (planned !== run && bailOut === undefined)
      errors.push(`Bad plan.  You planned ${planned} tests but ran ${run}.`);
  }
  return { planned, run, failed, todoPassed, skipped, skipAll, bailOut, errors };
}
