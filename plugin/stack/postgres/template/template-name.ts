import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { readBootstrapScripts } from '../bootstrap.ts';
import type { ClusterOptions } from '../cluster-options.ts';

/** Part of the name of a template; raise it when this folder makes another one from the same input. */
const FORMAT = 1;

/** The name of the template's folder: a hash of all that the template is made from. */
export async function templateName({
  binaries,
  schemaDirs,
}: Pick<ClusterOptions, 'binaries' | 'schemaDirs'>): Promise<string> {
  const input = [
    FORMAT,
    process.platform,
    process.arch,
    // The name of an installation has the version of PostgreSQL and a hash of its files.
    basename(dirname(binaries.binDir)),
    await readBootstrapScripts(schemaDirs),
  ];
  const hash = createHash('sha256').update(JSON.stringify(input)).digest('hex');
  return `template-${binaries.major}-${hash.slice(0, 16)}`;
}
