import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { glob } from 'tinyglobby';
import { hasErrorCode } from '../../shared/errors.ts';
import type { SupabaseConfig } from '../config/config.ts';
import type { MigrationFile } from './migration-files.ts';

/**
 * The files of `[db.migrations] schema_paths`, which declare the schema: those of each pattern by name, of a folder all SQL
 * files below it (cli pkg/config/config.go Glob.Files). They are handled as migrations are, with their path below
 * `supabase/` as version.
 */
export async function readSchemaFiles(config: SupabaseConfig): Promise<MigrationFile[]> {
  const files = new Set<string>();
  for (const pattern of config.section('db').section('migrations').strings('schema_paths', [])) {
    const found = await glob(pattern, { cwd: config.supabaseDir, absolute: true }).catch((error: unknown) => {
      if (hasErrorCode(error, 'ENOENT')) return [];
      throw error;
    });
    for (const file of found.toSorted()) if (file.endsWith('.sql')) files.add(file);
  }
  return Promise.all(
    [...files].map(async (file) => ({
      version: relative(config.supabaseDir, file).split(sep).join('/'),
      name: '',
      file,
      text: await readFile(file, 'utf8'),
      isDeclared: true,
    })),
  );
}
