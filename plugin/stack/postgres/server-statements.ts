import type pg from 'pg';
import { LIVE } from './databases/names.ts';

const NAME = String.raw`("(?:[^"]|"")+"|[a-z_][\w$]*)`;
const CREATE_ROLE = new RegExp(String.raw`^create\s+(?:role|user|group)\s+${NAME}\s*(?:with\b)?(.*)$`, 'is');
/** Memberships, which `alter role` does not take. */
const MEMBERS = /\b(?:in\s+(?:role|group)|role|admin|user|sysid)\b/i;
const ON_DATABASE =
  /^((?:alter|comment\s+on|(?:grant|revoke)\b[^;]*?\bon)\s+database\s+)("?)postgres\2(?![\w$])/is;

/**
 * A statement about the server as a whole, for a database that is built beside the live one: what it says about the
 * database `postgres` is meant for the one that will have this name, and the role that it creates may exist.
 *
 * @returns the statement to run; undefined for none
 */
export async function adaptToBuild(
  client: pg.Client,
  statement: string,
  database: string,
): Promise<string | undefined> {
  if (database === LIVE) return statement;
  const [, name, options = ''] = CREATE_ROLE.exec(statement) ?? [];
  if (name === undefined)
    return statement.replace(ON_DATABASE, (_, start: string) => start + client.escapeIdentifier(database));
  const { rowCount } = await client.query('select from pg_catalog.pg_roles where rolname = $1', [
    name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase(),
  ]);
  if (rowCount === 0) return statement;
  return options.trim() === '' || MEMBERS.test(options) ? undefined : `alter role ${name} ${options}`;
}
