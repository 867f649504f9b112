import { resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Finding } from '../doctor/finding.ts';
import { DATA_DIR, printJson, rootOf, text, WORKDIR, type Command } from './command.ts';

export const doctor: Command = {
  name: 'doctor',
  usage: '[--json]',
  summary:
    'says what is wrong with a project and its running stack, and what to do; it ends with 1 if there is an error',
  flags: {
    json: { type: 'boolean', help: 'print JSON, for scripts' },
    workdir: WORKDIR,
    'data-dir': DATA_DIR,
  },
  arguments: 0,
  async run(call) {
    const { diagnose } = await import('../doctor/doctor.ts');
    const dataDir = text(call, 'data-dir');
    const findings = await diagnose({
      root: await rootOf(call),
      dataDir: dataDir === undefined ? undefined : resolve(dataDir),
    });
    const isOk = !findings.some(({ severity }) => severity === 'error');
    if (call.flags.json === true) printJson({ ok: isOk, findings });
    else process.stdout.write(format(findings));
    process.exitCode = isOk ? 0 : 1;
  },
};

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
