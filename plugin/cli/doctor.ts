import { resolve } from 'node:path';
import { styleText } from 'node:util';
import { diagnose } from '../doctor/doctor.ts';
import type { Finding } from '../doctor/finding.ts';
import { requireFolder } from '../shared/files.ts';

export interface DoctorArguments {
  readonly workdir?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly json?: boolean | undefined;
}

/**
 * `doctor`: checks the project and its running stack, and prints what it finds.
 *
 * @returns the exit code: 1 if there is an error
 */
export async function doctor(values: DoctorArguments): Promise<number> {
  const root = resolve(values.workdir ?? '.');
  await requireFolder(root, '--workdir');
  const dataDir = values['data-dir'] === undefined ? undefined : resolve(values['data-dir']);
  const findings = await diagnose({ root, dataDir });
  const isOk = !findings.some(({ severity }) => severity === 'error');
  process.stdout.write(
    values.json ? `${JSON.stringify({ ok: isOk, findings }, null, 2)}\n` : format(findings),
  );
  return isOk ? 0 : 1;
}

const SIGNS: Readonly<Record<Finding['severity'], readonly [colour: Format, sign: string]>> = {
  ok: ['green', '✓'],
  info: ['cyan', 'i'],
  warning: ['yellow', '!'],
  error: ['red', '✗'],
};

type Format = Parameters<typeof styleText>[0];

/** Colours for people, and none for files and programs. */
function style(format: Format, text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(format, text) : text;
}

function format(findings: readonly Finding[]): string {
  let check = '';
  const lines: string[] = [];
  for (const finding of findings) {
    if (finding.check !== check) lines.push(style('bold', (check = finding.check)));
    lines.push(`  ${style(...SIGNS[finding.severity])} ${finding.cause}`);
    if (finding.cure !== '') lines.push(`    → ${finding.cure}`);
    if (finding.code !== undefined)
      lines.push(...finding.code.split('\n').map((line) => `      ${style('dim', line)}`));
  }
  const count = (severity: Finding['severity']): number =>
    findings.filter((one) => one.severity === severity).length;
  lines.push('', `${count('error')} errors, ${count('warning')} warnings, ${count('info')} notes`);
  return `${lines.join('\n')}\n`;
}
