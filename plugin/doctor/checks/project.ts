import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../shared/files.ts';
import type { DoctorContext } from '../context.ts';
import { ok, problem, type Finding } from '../finding.ts';

const CHECK = 'project';
const MIGRATION = /^\d+_.*\.sql$/;

/** The folder `supabase`, its configuration and its migrations. */
export async function checkProject({ root, config }: DoctorContext): Promise<Finding[]> {
  if (!(await exists(config.supabaseDir))) {
    return [
      problem(CHECK, 'warning', {
        kind: 'no-supabase-folder',
        subject: root,
        cause: `${root} has no folder supabase.`,
        cure: 'Run the command in the project, name it with --workdir, or create the folder.',
        code: 'npx supabase init',
      }),
    ];
  }
  const findings = [
    ok(
      CHECK,
      'config',
      config.file === undefined
        ? 'No supabase/config.toml: every setting has its default'
        : `Configuration in ${config.file}`,
    ),
  ];
  const names = await readdir(join(config.supabaseDir, 'migrations')).catch(() => []);
  const files = names.filter((name) => name.endsWith('.sql'));
  for (const name of files.filter((file) => !MIGRATION.test(file))) {
    findings.push(
      problem(CHECK, 'warning', {
        kind: 'migration-name',
        subject: name,
        cause: `supabase/migrations/${name} is not applied: its name does not begin with a timestamp.`,
        cure: 'Rename it.',
        code: `20260101120000_${name.replace(/^\W+/, '')}`,
      }),
    );
  }
  findings.push(ok(CHECK, 'migrations', `${files.filter((name) => MIGRATION.test(name)).length} migrations`));
  return findings;
}
