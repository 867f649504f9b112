import type pg from 'pg';
import type { Misfit } from './table.ts';

interface ForeignKey {
  readonly table: string;
  readonly referenced: string;
  /** `name: definition`, by which the same one is found in another database. */
  readonly definition: string;
  /** SQL conditions on `child` and `parent`. */
  readonly given: string;
  readonly equal: string;
}

/** The enforced foreign keys of a database, by table and definition. */
export async function readForeignKeys(client: pg.Client): Promise<Map<string, ForeignKey>> {
  const { rows } = await client.query<ForeignKey>(
    `select conrelid::regclass::text as "table", confrelid::regclass::text as referenced,
      conrelid::regclass || ' ' || pg_get_constraintdef(oid) as definition,
      string_agg(format('child.%I is not null', child.attname), case confmatchtype when 'f' then ' or ' else ' and ' end) as given,
      string_agg(format('child.%I = parent.%I', child.attname, parent.attname), ' and ') as equal
    from pg_constraint
    cross join unnest(conkey, confkey) as pair (child_number, parent_number)
    join pg_attribute as child on child.attrelid = conrelid and child.attnum = child_number
    join pg_attribute as parent on parent.attrelid = confrelid and parent.attnum = parent_number
    where contype = 'f' and convalidated and conparentid = 0
    group by pg_constraint.oid, conrelid, confrelid, confmatchtype`,
  );
  return new Map(rows.map((row) => [row.definition, row]));
}

/**
 * Deletes rows whose foreign key points nowhere, until there is none: `session_replication_role = replica` does not check
 * them.
 *
 * @param client connected as `postgres` with that setting, in a transaction
 */
export async function deleteOrphans(client: pg.Client, keys: readonly ForeignKey[]): Promise<Misfit[]> {
  const deleted = new Map<string, Misfit>();
  for (let isDone = false; !isDone;) {
    isDone = true;
    for (const { table, referenced, given, equal } of keys) {
      const { rowCount } = await client.query(
        `delete from ${table} as child where (${given}) and not exists (select from ${referenced} as parent where ${equal})`,
      );
      if (!rowCount) continue;
      isDone = false;
      const rows = (deleted.get(table)?.rows ?? 0) + rowCount;
      deleted.set(table, { table, rows, reason: `their row in ${referenced} is missing` });
    }
  }
  return [...deleted.values()];
}
