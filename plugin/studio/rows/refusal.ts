import pg from 'pg';
import type { Explanation } from '../../explain/explanation.ts';
import { quote } from '../../explain/facts/quote.ts';
import type { RestObservation, RestTarget, SqlStatement } from '../../shared/observations.ts';
import type { StudioOptions } from '../options.ts';
import type { TableAccess } from './as-caller.ts';
import { fullName } from './selection.ts';

/** Why rows were not changed; nothing was. */
export interface Refusal {
  readonly message: string;
  /** The column whose value is to blame, where one is. */
  readonly column?: string | undefined;
  /** Cause and cure, where policies or privileges decide. */
  readonly explanation?: Explanation | undefined;
}

/** What a page receives: nothing wrong, or why nothing was changed. */
export interface Changed {
  readonly refusal?: Refusal;
}

interface Attempted {
  readonly action: 'insert' | 'update' | 'delete';
  /** New values by column. */
  readonly values?: Readonly<Record<string, string | null>>;
  /** Selects the rows by a condition on `t`. */
  readonly where?: SqlStatement;
}

/** Explains an error of PostgreSQL, or why rows that exist were not changed (`error` undefined). */
export async function refuse(
  options: StudioOptions,
  access: TableAccess,
  attempted: Attempted,
  error: unknown,
): Promise<Refusal> {
  if (error !== undefined && !(error instanceof pg.DatabaseError)) throw error;
  const explanation = await explain(options, access, attempted, error);
  const column = error && (await findColumn(options, access, error));
  const detail = error?.detail === undefined ? '' : ` ${error.detail}`;
  return { message: error ? `${error.message}.${detail}` : 'The row was not changed.', column, explanation };
}

/** The terminal explains answers of REST; this is one that REST would have given. */
async function explain(
  { terminal }: StudioOptions,
  { table, caller }: TableAccess,
  { action, values, where }: Attempted,
  error: pg.DatabaseError | undefined,
): Promise<Explanation | undefined> {
  if (!caller) return undefined;
  const target: RestTarget = {
    action,
    ...table,
    returnsRows: false,
    ...(values && { body: JSON.stringify(values) }),
    ...(where && {
      matching: (limit: number) => ({
        text: `select (t.*)::text as row from ${fullName(table)} t where ${where.text} limit ${limit}`,
        params: where.params,
      }),
    }),
  };
  const observation: RestObservation = {
    kind: 'rest',
    request: {},
    method: METHODS[action],
    url: `/${table.name}`,
    status: error ? 403 : 204,
    milliseconds: 0,
    caller,
    target,
    ...(error ? { error: { code: error.code ?? '', message: error.message } } : { rows: 0 }),
  };
  return terminal.explainer.explain(observation);
}

const METHODS = { insert: 'POST', update: 'PATCH', delete: 'DELETE' } as const;

/** The column that an error names, or that its constraint has first. */
async function findColumn(
  { terminal }: StudioOptions,
  { table }: TableAccess,
  { column, constraint }: pg.DatabaseError,
): Promise<string | undefined> {
  if (column !== undefined || constraint === undefined) return column;
  const [found] = await terminal.explainer.read((session) =>
    session.rows<{ name: string }>(
      `select a.attname::text as name from pg_constraint c
         join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[array_upper(c.conkey, 1)]
       where c.conname = $1 and c.conrelid = to_regclass($2)`,
      [constraint, fullName(table)],
    ),
  );
  return found?.name;
}

/** A condition on the primary key of `t`. */
export function whereKey(
  columns: TableAccess['columns'],
  key: Readonly<Record<string, string | null>>,
  params: string[],
): string {
  const parts = columns
    .filter(({ isKey }) => isKey)
    .map(({ name, type }) => {
      params.push(key[name] ?? '');
      return `t.${quote(name)} = cast($${params.length}::text as ${type})`;
    });
  return parts.join(' and ');
}
