import type pg from 'pg';
import { withClient, type DatabaseServer } from '../server.ts';
import { copyTable } from './copy-table.ts';
import { deleteOrphans, readForeignKeys } from './foreign-keys.ts';
import { findFilled, readTables } from './tables.ts';
import { copyVaultSecrets, hasVaultSecrets } from './vault-secrets.ts';
import type { Misfit, Table } from './table.ts';

/** What of the data of a database has no place in another one. */
export interface CopyReport {
  /** Rows that do not fit. */
  readonly misfits: readonly Misfit[];
  /** Tables and columns with data that the new schema does not have. */
  readonly dropped: readonly string[];
}

/**
 * Copies the data of a project from one database to another one, as far as it fits, in one transaction: rows, and the values
 * of sequences. Triggers do not run.
 *
 * Reading as the superuser runs no code of the project. Writing does (checks, indexes, domains), as `postgres`.
 */
export async function copyData(server: DatabaseServer, from: string, to: string): Promise<CopyReport> {
  return withClient(server.database(from).connection('supabase_admin'), (source) =>
    withClient(server.database(to).connection('postgres'), async (target) => {
      // Qualified names on both sides, and no function of the project by the name of one of PostgreSQL's.
      await source.query('set search_path = pg_catalog; set extra_float_digits = 3; begin read only');
      await target.query('begin; set search_path = pg_catalog');
      const [{ tables: before, filled, keys: oldKeys }, { tables: after, filled: inNext, keys: newKeys }] =
        await Promise.all([readContents(source), readContents(target)]);
      // The connection's own path again, which functions in checks may rely on.
      await target.query(
        'reset search_path; set statement_timeout = 0; set session_replication_role = replica',
      );
      const misfits: Misfit[] = [];
      for (const [name, table] of after) {
        const old = before.get(name);
        if (!old || !filled.has(name)) continue;
        const misfit = await copyTable({ source, from: old, target, to: table, isEmpty: !inNext.has(name) });
        if (misfit) misfits.push(misfit);
      }
      const keys = [...newKeys.values()].filter(
        ({ table, definition }) => after.has(table) && (misfits.length > 0 || !oldKeys.has(definition)),
      );
      misfits.push(...(await deleteOrphans(target, keys)));
      await copySequences(source, target);
      await target.query('commit');
      await refreshMaterializedViews(target);
      if (await hasVaultSecrets(source))
        await withClient(server.database(to).connection('supabase_admin'), async (admin) => {
          await admin.query('set search_path = pg_catalog; set session_replication_role = replica');
          await copyVaultSecrets(source, admin);
        });
      return { misfits, dropped: findDropped(before, after, filled) };
    }),
  );
}

async function readContents(client: pg.Client): Promise<{
  readonly tables: ReadonlyMap<string, Table>;
  readonly filled: ReadonlySet<string>;
  readonly keys: Awaited<ReturnType<typeof readForeignKeys>>;
}> {
  const tables = await readTables(client);
  return { tables, filled: await findFilled(client, tables.keys()), keys: await readForeignKeys(client) };
}

async function copySequences(source: pg.Client, target: pg.Client): Promise<void> {
  const read = `select format('%I.%I', schemaname, sequencename) as name, last_value::text as value from pg_catalog.pg_sequences
    where last_value is not null and schemaname not in ('_stack', '_realtime', 'realtime', 'net', 'cron')`;
  interface Sequence {
    readonly name: string;
    readonly value: string;
  }
  const before = (await source.query<Sequence>(read)).rows;
  const existing = `select format('%I.%I', schemaname, sequencename) as name from pg_catalog.pg_sequences`;
  const names = new Set((await target.query<{ name: string }>(existing)).rows.map((row) => row.name));
  const values = new Map((await target.query<Sequence>(read)).rows.map((row) => [row.name, row.value]));
  for (const { name, value } of before) {
    if (!names.has(name) || BigInt(value) <= BigInt(values.get(name) ?? '-1')) continue;
    // A smaller type or another range may not have the value.
    await target.query('savepoint one_sequence');
    await target
      .query('select pg_catalog.setval($1::regclass, $2, true)', [name, value])
      .catch(() => target.query('rollback to savepoint one_sequence'));
  }
}

async function refreshMaterializedViews(target: pg.Client): Promise<void> {
  const { rows } = await target.query<{ name: string }>(
    `select format('%I.%I', schemaname, matviewname) as name from pg_catalog.pg_matviews where ispopulated`,
  );
  for (const { name } of rows) await target.query(`refresh materialized view ${name}`).catch(() => {});
}

function findDropped(
  before: ReadonlyMap<string, Table>,
  after: ReadonlyMap<string, Table>,
  filled: ReadonlySet<string>,
): string[] {
  return [...filled].flatMap((name) => {
    const kept = after.get(name);
    if (!kept) return name;
    const columns = new Set(kept.columns.map((column) => column.name));
    const gone = before.get(name)?.columns.filter((column) => !columns.has(column.name)) ?? [];
    return gone.map((column) => `${name}.${column.name}`);
  });
}
