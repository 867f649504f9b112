import type pg from 'pg';
import type { SupabaseConfig } from '../config/config.ts';
import { isDone, markDone } from './bootstrap.ts';

const OBJECTS = [
  ['select, insert, update, delete', 'tables'],
  ['usage, select', 'sequences'],
  ['execute', 'functions'],
] as const;

/**
 * Opens what role `postgres` will create in schema public to the Data API, or keeps it closed, by
 * `[api] auto_expose_new_tables`. Unset means closed, as in the Supabase CLI since 2.106 and on new hosted projects
 * (cli internal/db/start/start.go ApplyApiPrivileges).
 *
 * It happens once for each change of the setting: default privileges that a migration sets stay.
 *
 * @param admin connected as the superuser
 */
export async function applyApiPrivileges(admin: pg.Client, config: SupabaseConfig): Promise<void> {
  const isOpen = config.section('api').boolean('auto_expose_new_tables', false);
  const name = (open: boolean): string => `auto_expose_new_tables = ${open}`;
  if (await isDone(admin, name(isOpen))) return;
  const [verb, preposition] = isOpen ? ['grant', 'to'] : ['revoke', 'from'];
  const statements = OBJECTS.map(
    ([privileges, objects]) =>
      `alter default privileges for role postgres in schema public ${verb} ${privileges} on ${objects} ${preposition} anon, authenticated, service_role`,
  );
  await admin.query(statements.join(';'));
  await admin.query('delete from _stack.applied where script = $1', [name(!isOpen)]);
  await markDone(admin, name(isOpen));
}
