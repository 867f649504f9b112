import { runAdvisors } from '../../explain/advisors/run.ts';
import { Explainer } from '../../explain/explainer.ts';
import { readExposedSchemas } from '../../stack/config/exposed-schemas.ts';
import type { DoctorContext } from '../context.ts';
import { ok, type Finding } from '../finding.ts';

const CHECK = 'database';

/** The advisors, on the database of the running stack. */
export async function checkDatabase({ running, config }: DoctorContext): Promise<Finding[]> {
  if (!running) return [];
  const schemas = readExposedSchemas(config.section('api'));
  const explainer = new Explainer({ databaseUrl: () => running.dbUrl, exposedSchemas: schemas });
  try {
    const findings = await explainer.read((session) => runAdvisors(session, schemas));
    if (findings.length === 0) return [ok(CHECK, 'database', 'The advisors find nothing')];
    return findings.map((finding) => ({ ...finding, check: CHECK }));
  } finally {
    await explainer.close();
  }
}
