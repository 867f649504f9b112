import type pg from 'pg';
import type { Logger } from '../../shared/logger.ts';

/** How a script's `create extension` statements are treated. */
export interface ExtensionRules {
  /** Connected as the superuser. */
  readonly admin: pg.Client;
  /** Extensions that may be missing: their statement is skipped when this PostgreSQL has them not. */
  readonly skip: readonly string[];
  readonly logger: Logger;
}

const CREATE_EXTENSION = /^create\s+extension\s+(?:if\s+not\s+exists\s+)?(?:"([^"]+)"|([\w-]+))/i;

/** The extension that a statement creates, if it is such a statement. */
function createdExtension(statement: string): string | undefined {
  const [, quoted, plain] = CREATE_EXTENSION.exec(statement) ?? [];
  return quoted ?? plain?.toLowerCase();
}

/**
 * Runs `create extension` where role `postgres` could not, or skips it.
 *
 * On Supabase the role `postgres`, no superuser, may create extensions that need one (supautils lets it): here the
 * superuser does it on its behalf.
 *
 * @returns whether the statement is dealt with; else it is to be run like any other
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
    rules.logger.info(`This PostgreSQL has no extension "${name}"; skipped as told by skipExtensions`);
    return true;
  }
  if (available.trusted) return false;
  await rules.admin.query(statement);
  return true;
}
