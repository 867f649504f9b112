import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationFile } from '../migration-files.ts';
import type { SchemaOptions } from '../project-schema.ts';
import { findSeedFiles } from '../seed.ts';
import { SEEDED_PREFIX, TEMPLATE_PREFIX } from './names.ts';

/** Raise it when a template is made in another way from the same files. */
const FORMAT = 2;

/**
 * Names of the templates of a project's files: the last one with all migrations, each one before with one less; the first
 * has roles.sql alone. Two are equal when everything is that they are made from.
 *
 * @param base name of the template with Supabase's schema
 */
export async function nameTemplates(
  base: string,
  { config, skipExtensions }: SchemaOptions,
  migrations: readonly MigrationFile[],
): Promise<string[]> {
  const roles = await readFile(join(config.supabaseDir, 'roles.sql'), 'utf8').catch(() => '');
  const isOpen = config.section('api').boolean('auto_expose_new_tables', false);
  let last = hash([base, roles, isOpen, skipExtensions ?? []]);
  const names = [last];
  for (const { version, name, text } of migrations) names.push((last = hash([last, version, name, text])));
  return names.map((name) => TEMPLATE_PREFIX + name);
}

/** Name of the template that has the seed, too. */
export async function nameSeeded(migrated: string, { config }: SchemaOptions): Promise<string> {
  const files = await findSeedFiles(config);
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const secrets = [...config.section('db').section('vault').stringMap()];
  return `${SEEDED_PREFIX}${hash([migrated, texts, secrets])}`;
}

/** @param input anything that JSON can tell apart */
export function hash(input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, input]))
    .digest('hex')
    .slice(0, 16);
}
