import type { QualifiedName } from './types.ts';
import { readColumnOrigins } from './view-columns.ts';

export interface ViewRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** Names of the columns by their numbers. */
  readonly columns: Readonly<Record<string, string>> | null;
  readonly exposed: boolean;
  readonly definition: string;
}

export interface KeyRow {
  readonly name: string;
  readonly type: 'p' | 'f';
  readonly table: string;
  readonly identifier: QualifiedName;
  readonly columns: readonly number[];
  readonly foreignTable: string;
  readonly foreignIdentifier: QualifiedName;
  readonly foreignColumns: readonly number[] | null;
}

/** A key of which a view shows every column. */
export interface ViewKey {
  readonly view: QualifiedName;
  readonly table: QualifiedName;
  readonly constraint: string;
  readonly role: 'primary' | 'foreign' | 'referenced';
  /** For each key column, in the key's order, the view's columns that show it. */
  readonly columns: readonly (readonly string[])[];
}

/** Finds the primary and foreign keys that views show, directly or through other views. */
export function findViewKeys(views: readonly ViewRow[], keys: readonly KeyRow[]): ViewKey[] {
  const sides = keySides(keys);
  const origins = new Map(views.map((view) => [view.oid, readColumnOrigins(view.definition)]));

  /** Every relation and column behind a view's column, through other views down to tables. */
  const follow = (oid: string, column: number, seen: readonly string[]): [table: string, column: number][] =>
    (origins.get(oid) ?? [])
      .filter((origin) => origin.column === column && !seen.includes(origin.table))
      .flatMap(({ table, tableColumn }) => [
        [table, tableColumn] as [string, number],
        ...follow(table, tableColumn, [...seen, table]),
      ]);

  return views
    .filter((view) => view.exposed)
    .flatMap((view) => {
      const shownBy = new Map<string, string[]>();
      const tables = new Set<string>();
      for (const { column } of origins.get(view.oid) ?? []) {
        const name = view.columns?.[column];
        if (name === undefined) continue;
        for (const [table, tableColumn] of follow(view.oid, column, [view.oid])) {
          tables.add(table);
          const key = `${table}.${tableColumn}`;
          const names = shownBy.get(key);
          if (!names) shownBy.set(key, [name]);
          else if (!names.includes(name)) names.push(name);
        }
      }
      const found = [...tables].flatMap((table) => sides.get(table) ?? []);
      return found.flatMap(({ oid, columns, ...side }): ViewKey[] => {
        const shown = columns.map((column) => shownBy.get(`${oid}.${column}`) ?? []);
        if (shown.some((names) => names.length === 0)) return [];
        return [{ view: { schema: view.schema, name: view.name }, ...side, columns: shown }];
      });
    });
}

interface KeySide {
  readonly oid: string;
  readonly table: QualifiedName;
  readonly constraint: string;
  readonly role: ViewKey['role'];
  readonly columns: readonly number[];
}

/** The keys by relation; a foreign key is listed for both of its sides. */
function keySides(keys: readonly KeyRow[]): Map<string, KeySide[]> {
  const sides = new Map<string, KeySide[]>();
  const add = (side: KeySide): void => {
    const known = sides.get(side.oid);
    if (known) known.push(side);
    else sides.set(side.oid, [side]);
  };
  for (const key of keys) {
    const role = key.type === 'p' ? 'primary' : 'foreign';
    add({ oid: key.table, table: key.identifier, constraint: key.name, role, columns: key.columns });
    if (key.type === 'f')
      add({
        oid: key.foreignTable,
        table: key.foreignIdentifier,
        constraint: key.name,
        role: 'referenced',
        columns: key.foreignColumns ?? [],
      });
  }
  return sides;
}
