import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { glob } from 'tinyglobby';
import { hasErrorCode } from '../../shared/errors.ts';
import type { SupabaseConfig } from '../config/config.ts';
import type { ExtensionRules } from './extensions.ts';
import { runScript } from './migrations.ts';
import { splitStatements } from './sql-script.ts';

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
  extensions: ExtensionRules,
): Promise<string[]> {
  const settings = config.section('db').section('seed');
  const enabled = settings.boolean('enabled', true);
  const patterns = settings.strings('sql_paths', ['./seed.sql']);
  if (!enabled) return [];
  const ran: string[] = [];
  for (const pattern of patterns) {
    const found = await glob(pattern, { cwd: config.supabaseDir, absolute: true }).catch((error: unknown) => {
      if (hasErrorCode(error, 'ENOENT')) return [];
      throw error;
    });
    for (const file of found.toSorted()) {
      if (ran.includes(file)) continue;
      const script = await readFile(file, 'utf8');
      await runScript(client, { file, script, statements: splitStatements(script) }, extensions);
      ran.push(file);
    }
  }
  return ran;
}
