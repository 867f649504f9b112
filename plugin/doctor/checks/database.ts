import { runAdvisors } from '../../explain/advisors/run.ts';
import { Explainer } from '../../explain/explainer.ts';
import { readExposedSchemas } from '../../stack/config/exposed-schemas.ts';
import type { DoctorContext } from '../context.ts';
import { ok, type Finding } from '../finding.ts';

const CHECK = 'database';

/** The advisors, on the database of the running stack or of the local one. */
export async function checkDatabase({ databaseUrl, config }: DoctorContext): Promise<Finding[]> {
  if (databaseUrl === undefined) return [];
  const schemas = readExposedSchemas(config.section('api'));
  const explainer = new Explainer({ databaseUrl: () => databaseUrl, exposedSchemas: schemas });
  try {
    const findings = await explainer.read((session) => runAdvisors(session, schemas));
    if (findings.length === 0) return [ok(CHECK, 'database', 'The advisors find nothing')];
    return findings.map((finding) => ({ ...finding, check: CHECK }));
  } finally {
    await explainer.close();
  }
}
