import type { DatabaseCaller } from '../shared/observations.ts';
import { explainPolicies } from './causes/policies.ts';
import { explainDeniedTable } from './causes/permission.ts';
import type { Explanation } from './explanation.ts';
import { nameCaller, settingsOfCaller } from './facts/caller.ts';
import type { ReadSession } from './facts/explain-database.ts';
import { qualified } from './facts/quote.ts';
import { readRelation } from './facts/relations.ts';
import { COUNTED_ROWS, judgeRow, readRows } from './facts/rows.ts';

/** Why a caller does not see a row of a table; undefined if none is hidden. */
export async function explainHiddenRow(
  session: ReadSession,
  table: { readonly schema: string; readonly name: string },
  caller: DatabaseCaller,
): Promise<Explanation | undefined> {
  const { role } = caller;
  const relation = await readRelation(session, table.schema, table.name, role);
  if (!relation) return undefined;
  if (!relation.privileges.includes('select')) return explainDeniedTable(relation, caller, ['select']);
  const settings = settingsOfCaller(caller);
  const name = qualified(relation);
  const all = { text: `select (${name}.*)::text as row from ${name} limit ${COUNTED_ROWS}`, params: [] };
  const rows = await readRows(session, relation, settings, all);
  if ('error' in rows || !rows.sample || rows.readable === rows.matching || !relation.isSecured)
    return undefined;
  const request = { command: 'select', phase: 'using', row: rows.sample.text, role, settings } as const;
  const outcome = await judgeRow(session, relation, request);
  const cause = explainPolicies(relation, outcome, { role, rowLabel: `the row ${rows.sample.label}` });
  if (!cause) return undefined;
  const { because, ...rest } = cause;
  return {
    ...rest,
    subject: name,
    level: 'problem',
    cause: `${nameCaller(caller)} may not see the row ${rows.sample.label} of ${name}: ${because}.`,
  };
}
