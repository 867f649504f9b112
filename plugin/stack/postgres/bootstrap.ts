import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';

const BOOTSTRAP_DIR = fileURLToPath(new URL('./bootstrap', import.meta.url));
const ACCESS_DIR = fileURLToPath(new URL('./access', import.meta.url));

/** Scripts that make what all databases of a server share. */
const OF_THE_SERVER = ['bootstrap/0001_roles.sql'];

/**
 * Brings the database to the schema of this version of the stack: the scripts of `bootstrap/`, then those of each
 * service's folder, then those of `access/`, each once, in the order of their names. A data directory of an older version receives the new ones.
 *
 * A script is identified by its name alone: never change the SQL of a published one, add another.
 *
 * @param client connected as the superuser
 * @param serviceDirs folders of `NNNN_name.sql` files, such as `auth/schema`
 * @param isFurther whether another database of this server has this schema: the roles exist
 */
export async function applyBootstrap(
  client: pg.Client,
  serviceDirs: readonly string[],
  internalPassword: string,
  { isFurther = false } = {},
): Promise<void> {
  // Names that a project has defined in public or extensions must not be found by what runs as the superuser, and its
  // event triggers must not run. (Before PostgreSQL 17 it has none.)
  await client.query(`
    set search_path = pg_catalog, pg_temp;
    select set_config('event_triggers', 'off', false) where current_setting('server_version_num')::integer >= 170000;
    create schema if not exists _stack;
    create table if not exists _stack.applied (script text primary key, applied_at timestamptz not null default now());`);
  const { rows } = await client.query<{ script: string }>('select script from _stack.applied');
  const applied = new Set(rows.map((row) => row.script));
  for (const script of isFurther ? OF_THE_SERVER : []) {
    applied.add(script);
    await markDone(client, script);
  }
  for (const { name, sql } of await readBootstrapScripts(serviceDirs)) {
    if (applied.has(name)) continue;
    const body = sql.replaceAll('{internal_password}', internalPassword);
    const done = `insert into _stack.applied (script) values ('${name}')`;
    await client.query(`begin; ${body}\n; reset role; ${done}; commit;`);
  }
  await client.query('select _stack.restore_roles()');
}

interface BootstrapScript {
  /** Folder and file, such as `auth/0001_tables.sql`. */
  readonly name: string;
  readonly sql: string;
}

/** All scripts, in the order in which they are applied. */
export async function readBootstrapScripts(serviceDirs: readonly string[]): Promise<BootstrapScript[]> {
  const scripts: BootstrapScript[] = [];
  for (const dir of [BOOTSTRAP_DIR, ...serviceDirs, ACCESS_DIR]) {
    for (const file of (await readdir(dir)).filter((name) => name.endsWith('.sql')).toSorted())
      scripts.push({ name: `${scopeOf(dir)}/${file}`, sql: await readFile(join(dir, file), 'utf8') });
  }
  return scripts;
}

/** Whether a step that happens once, such as the seed, is done on this data: also when a later one of that start failed. */
export async function isDone(admin: pg.Client, step: string): Promise<boolean> {
  const { rowCount } = await admin.query('select from _stack.applied where script = $1', [step]);
  return rowCount === 1;
}

/** Records that a step is done. */
export async function markDone(admin: pg.Client, step: string): Promise<void> {
  await admin.query('insert into _stack.applied (script) values ($1)', [step]);
}

/** `…/postgres/bootstrap` is "bootstrap", `…/auth/schema` is "auth". */
function scopeOf(dir: string): string {
  return basename(dir) === 'schema' ? basename(dirname(dir)) : basename(dir);
}
