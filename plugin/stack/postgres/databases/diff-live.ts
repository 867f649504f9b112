import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SupabaseDevError } from '../../../shared/errors.ts';
import { diffSchemas, type SchemaDiff } from '../diff/diff-schemas.ts';
import type { MigrationFile } from '../migration-files.ts';
import { LIVE } from './names.ts';
import type { DatabaseParts } from './templates.ts';

/**
 * What was changed in the live database without a migration.
 *
 * @throws SupabaseDevError MIGRATION_FAILED
 */
export async function diffLive(
  { server, templates }: DatabaseParts,
  migrations: readonly MigrationFile[],
): Promise<SchemaDiff> {
  const built = await templates.build(migrations);
  try {
    return await diffSchemas(server.database(built), server.database(LIVE));
  } finally {
    await templates.drop(built);
  }
}

/** The scripts of a diff as migrations that come after all others. They are not written yet. */
export function nameMigrations(
  supabaseDir: string,
  name: string,
  { scripts }: SchemaDiff,
  migrations: readonly MigrationFile[],
): MigrationFile[] {
  if (!/^[\w-]+$/.test(name))
    throw new SupabaseDevError('USAGE', `"${name}" cannot be the name of a migration`, {
      hint: 'Use letters, digits, hyphens and underscores.',
    });
  const now = BigInt(new Date().toISOString().slice(0, 19).replaceAll(/[-:T]/g, ''));
  const last = BigInt(migrations.at(-1)?.version ?? 0);
  const first = now > last ? now : last + 1n;
  return scripts.map((text, index) => {
    const version = String(first + BigInt(index));
    const part = scripts.length > 1 ? `${name}_${index + 1}` : name;
    return { version, name: part, text, file: join(supabaseDir, 'migrations', `${version}_${part}.sql`) };
  });
}

export async function writeMigrations(migrations: readonly MigrationFile[]): Promise<void> {
  for (const { file, text } of migrations) {
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  }
}
