import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { glob } from 'tinyglobby';
import { hasErrorCode } from '../../shared/errors.ts';
import { exists } from '../../shared/files.ts';
import type { SupabaseConfig } from '../config/config.ts';
import { parseScript, runScript, type ScriptRules } from './run-script.ts';

/**
 * Runs the seed files of `[db.seed]` (by default `supabase/seed.sql`), each in a transaction, on a new database, as
 * `supabase start` and `supabase db reset` do.
 *
 * @param client connected as role `postgres`
 * @returns the files that ran, in order
 * @throws SupabaseDevError MIGRATION_FAILED with file, line and SQL error
 */
export async function applySeed(
  client: pg.Client,
  config: SupabaseConfig,
  rules: ScriptRules,
): Promise<string[]> {
  const files = await findSeedFiles(config);
  for (const file of files) await runScript(client, parseScript(file, await readFile(file, 'utf8')), rules);
  return files;
}

/** The seed files of `[db.seed]` in the order in which they run; none when it is off. */
export async function findSeedFiles(config: SupabaseConfig): Promise<string[]> {
  const settings = config.section('db').section('seed');
  const enabled = settings.boolean('enabled', true);
  const patterns = settings.strings('sql_paths', ['./seed.sql']);
  if (!enabled) return [];
  const files = new Set<string>();
  for (const pattern of patterns) {
    const found = await glob(pattern, { cwd: config.supabaseDir, absolute: true }).catch((error: unknown) => {
      if (hasErrorCode(error, 'ENOENT')) return [];
      throw error;
    });
    for (const file of found.toSorted()) files.add(file);
  }
  return [...files];
}

/**
 * Runs `supabase/roles.sql`, where a project creates its roles, if there is one: before the migrations, on a new database
 * (cli internal/db/start/start.go SetupDatabase).
 *
 * @param client connected as role `postgres`
 * @throws SupabaseDevError MIGRATION_FAILED with file, line and SQL error
 */
export async function applyRoles(client: pg.Client, supabaseDir: string, rules: ScriptRules): Promise<void> {
  const file = join(supabaseDir, 'roles.sql');
  if (await exists(file)) await runScript(client, parseScript(file, await readFile(file, 'utf8')), rules);
}
