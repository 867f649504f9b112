import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { hasErrorCode } from '../../../shared/errors.ts';
import { createDatabase } from '../database.ts';

/** Beside the password of a data directory, until its cluster has that password instead of the template's. */
export const TEMPLATE_PASSWORD_FILE = 'postgres.password.template';

const WRONG_PASSWORD = '28P01';

/**
 * Gives a copy of the template the password of its data directory. An interrupted start leaves one of the two in the
 * database, and both in the folder.
 */
export async function ownPassword(
  dataDir: string,
  { host, port, password }: { host: string; port: number; password: string },
): Promise<void> {
  const file = join(dataDir, TEMPLATE_PASSWORD_FILE);
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known === undefined) return;
  const client = new pg.Client(createDatabase(host, port, known.trim()).connection('supabase_admin'));
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(setPassword(password));
  } catch (error) {
    // It was set before.
    if (!hasErrorCode(error, WRONG_PASSWORD)) throw error;
  } finally {
    await client.end();
  }
  await rm(file, { force: true });
}

/** One transaction: the superuser's password, and its hash for all other roles that had the template's. */
function setPassword(password: string): string {
  const hash = `(select rolpassword from pg_catalog.pg_authid where rolname = 'supabase_admin')`;
  const others = `rolpassword is not null and rolname not in ('postgres', 'supabase_admin')`;
  return `
    alter role supabase_admin password ${pg.escapeLiteral(password)};
    update pg_catalog.pg_authid set rolpassword = ${hash} where ${others};
    update _stack.reserved_roles set rolpassword = ${hash} where rolpassword is not null and rolname <> 'postgres';`;
}
