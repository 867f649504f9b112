import type { TapResult } from './tap.ts';

/** One test file after its run. */
export interface FileResult extends TapResult {
  readonly name: string;
  /** Exit status that psql would have: 0, 2 after a lost connection, 3 after an SQL error. */
  readonly exit: number;
}

export function hasPassed({ exit, failed, errors, bailOut }: FileResult): boolean {
  return exit === 0 && failed.length === 0 && errors.length === 0 && bailOut === undefined;
}

/** The outcome of one file in the words of Perl's TAP::Formatter::Session. */
export function formatOutcome(result: FileResult): string {
  const { exit, planned, run, failed, skipped, todoPassed, skipAll } = result;
  if (hasPassed(result)) return skipAll === undefined ? 'ok' : `skipped: ${skipAll || '(no reason given)'}`;
  const total = planned ?? run;
  // Planned tests that did not run have failed.
  const failures = failed.length + Math.max(0, total - run);
  const lines = exit === 0 ? [] : [`Dubious, test returned ${exit} (wstat ${wstat(exit)})`];
  if (failures > 0) lines.push(`Failed ${failures}/${total} subtests`);
  else lines.push(run > 0 ? `All ${run} subtests passed` : 'No subtests run');
  if (skipped > 0)
    lines.push(`\t(less ${count(skipped, 'skipped subtest')}: ${total - failures - skipped} okay)`);
  if (todoPassed.length > 0)
    lines.push(`\t(${count(todoPassed.length, 'TODO test')} unexpectedly succeeded)`);
  return lines.join('\n');
}

/** Everything that is printed after the last file, as TAP::Formatter::Base does. */
export function formatSummary(results: readonly FileResult[], milliseconds: number): string {
  const passed = results.every(hasPassed);
  const noted = results.filter((result) => !hasPassed(result) || result.todoPassed.length > 0);
  const lines = passed && results.length > 0 ? ['All tests successful.'] : [];
  if (noted.length > 0) lines.push('', 'Test Summary Report', '-------------------');
  const width = Math.max(0, ...noted.map(({ name }) => name.length));
  for (const result of noted) lines.push(...formatNoted(result, width));
  const tests = results.reduce((sum, { run }) => sum + run, 0);
  lines.push(`Files=${results.length}, Tests=${tests},  ${Math.round(milliseconds / 1000)} wallclock secs`);
  lines.push(`Result: ${results.length === 0 ? 'NOTESTS' : passed ? 'PASS' : 'FAIL'}`);
  return lines.join('\n');
}

function formatNoted(result: FileResult, width: number): string[] {
  const { name, exit, run, failed, todoPassed, errors } = result;
  const status = exit === 0 ? '0' : `${exit * 256} (exited ${exit})`;
  const lines = [`${name.padEnd(width)} (Wstat: ${status} Tests: ${run} Failed: ${failed.length})`];
  if (failed.length > 0) lines.push(`  Failed test${plural(failed)}:  ${ranges(failed)}`);
  if (todoPassed.length > 0) lines.push(`  TODO passed:   ${ranges(todoPassed)}`);
  if (exit !== 0) lines.push(`  Non-zero exit status: ${exit}`);
  errors.forEach((error, index) =>
    lines.push(`  ${index === 0 ? 'Parse errors: ' : ' '.repeat(14)}${error}`),
  );
  return lines;
}

/** `1-3, 5` */
function ranges(numbers: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const number of numbers) {
    const last = parts.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

function plural(numbers: readonly number[]): string {
  return numbers.length === 1 ? '' : 's';
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The status of a process as wait(2) packs it. */
function wstat(exit: number): string {
  return `${exit * 256}, 0x${(exit * 256).toString(16)}`;
}
