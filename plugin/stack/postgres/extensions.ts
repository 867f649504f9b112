import type pg from 'pg';
import type { Logger } from '../../shared/logger.ts';

/** How to run the `create extension` statements of a script. */
export interface ExtensionRules {
  /** Connected as the superuser. */
  readonly admin: pg.Client;
  /** Extensions that may be missing: their statement is skipped when this PostgreSQL does not have them. */
  readonly skip: readonly string[];
  readonly logger: Logger;
}

const CREATE_EXTENSION = /^create\s+extension\s+(?:if\s+not\s+exists\s+)?(?:"([^"]+)"|([\w-]+))/i;

/** The extension that a `create extension` statement creates; undefined for any other statement. */
function createdExtension(statement: string): string | undefined {
  const [, quoted, plain] = CREATE_EXTENSION.exec(statement) ?? [];
  return quoted ?? plain?.toLowerCase();
}

/**
 * Runs a `create extension` that role `postgres` may not run, or skips it.
 *
 * On Supabase, supautils allows the role `postgres` to create extensions that need a superuser; here the superuser
 * creates them on its behalf.
 *
 * @returns whether the statement is done; otherwise run it like any other
 */
export async function handleCreateExtension(statement: string, rules: ExtensionRules): Promise<boolean> {
  const name = createdExtension(statement);
  if (name === undefined) return false;
  const { rows } = await rules.admin.query<{ trusted: boolean }>(
    'select bool_or(trusted) as trusted from pg_available_extension_versions where name = $1 group by name',
    [name],
  );
  const [available] = rows;
  if (!available) {
    if (!rules.skip.includes(name)) return false;
    rules.logger.info(`This PostgreSQL has no extension "${name}"; skipped because of skipExtensions`);
    return true;
  }
  if (available.trusted) return false;
  await rules.admin.query(statement);
  return true;
}
