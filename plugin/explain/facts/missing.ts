import type { RestObservation } from '../../shared/observations.ts';
import type { ReadSession } from './explain-database.ts';
import { columnNames, functionSchemas, functionSignatures, relationNames } from './names.ts';
import { findSchemas } from './relations.ts';

/** A name that a request uses and that was not found. */
export interface MissingFacts {
  readonly what: 'table' | 'function' | 'column' | 'relationship';
  readonly schema: string;
  /** The table of a missing column or relationship. */
  readonly table?: string;
  readonly name: string;
  /** Existing names of the same kind in the same place. */
  readonly existing: readonly string[];
  /** Other schemas that have it. */
  readonly elsewhere: readonly string[];
  /** Schemas that the API exposes. */
  readonly exposed: readonly string[];
  /** The service's message, where it says more than the name. */
  readonly message: string;
}

/** What a refused request names that does not exist; undefined when its error is another one. */
export async function readMissing(
  session: ReadSession,
  { error, target, schema = 'public' }: RestObservation,
  exposed: readonly string[],
): Promise<MissingFacts | undefined> {
  if (!error) return undefined;
  const { code, message, details } = error;
  const place = { schema: target?.schema ?? schema, exposed, message, elsewhere: [] as string[] };
  const table = target?.name;
  if (code === 'PGRST205') {
    const name = (/^Could not find the table '(.+)' in the schema cache$/.exec(message)?.[1] ?? '').slice(
      schema.length + 1,
    );
    const existing = await relationNames(session, schema);
    return { ...place, what: 'table', name, existing, elsewhere: await findSchemas(session, name) };
  }
  if (code === '42P01') {
    const name = /^relation "(?:.*\.)?([^".]+)" does not exist$/.exec(message)?.[1] ?? '';
    return {
      ...place,
      what: 'table',
      name,
      existing: await relationNames(session, place.schema),
      elsewhere: await findSchemas(session, name),
    };
  }
  if (code === 'PGRST202') {
    const called = /^Could not find the function ([^( ]+)/.exec(message)?.[1] ?? '';
    const name = called.slice(schema.length + 1);
    const existing = await functionSignatures(session, schema);
    const text = typeof details === 'string' ? details : message;
    return {
      ...place,
      message: text,
      what: 'function',
      name,
      existing,
      elsewhere: await functionSchemas(session, name),
    };
  }
  if (code === 'PGRST204') {
    const [, name = '', of = ''] =
      /^Could not find the '(.+)' column of '(.+)' in the schema cache$/.exec(message) ?? [];
    return {
      ...place,
      what: 'column',
      name,
      table: of,
      existing: await columnNames(session, place.schema, of),
    };
  }
  if (code === '42703') {
    const [, of = table ?? '', name = ''] =
      /^column (?:"?([^".]+)"?\.)?"?([^".]+)"? (?:of relation .* )?does not exist$/.exec(message) ?? [];
    const relation =
      table !== undefined && !(await relationNames(session, place.schema)).includes(of) ? table : of;
    return {
      ...place,
      what: 'column',
      name,
      table: relation,
      existing: await columnNames(session, place.schema, relation),
    };
  }
  if (code === 'PGRST200') {
    const [, parent = '', child = ''] =
      /^Could not find a relationship between '(.+)' and '(.+)' in the schema cache$/.exec(message) ?? [];
    const text = error.hint ?? (typeof details === 'string' ? details : message);
    return { ...place, what: 'relationship', name: child, table: parent, existing: [], message: text };
  }
  return undefined;
}
