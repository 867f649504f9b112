import { closest } from '../shared/closest.ts';
import { isObject } from '../shared/json.ts';
import type { DatabaseCaller, RestFailure } from '../shared/observations.ts';
import { readDenied } from './causes/permission.ts';
import { explainPolicies } from './causes/policies.ts';
import type { Explanation } from './explanation.ts';
import { nameCaller, settingsOfCaller, withoutPolicies } from './facts/caller.ts';
import type { ReadSession } from './facts/explain-database.ts';
import { relationNames } from './facts/names.ts';
import { policiesFor, readPolicies } from './facts/policies.ts';
import { qualified } from './facts/quote.ts';
import { findSchemas, readRelation, type Privilege } from './facts/relations.ts';
import { combine } from './facts/verdict.ts';
import { explainHiddenRow } from './hidden-row.ts';
import { explainRest } from './rest.ts';

/** An error of PostgreSQL, and the statement that caused it. */
export interface SqlError extends RestFailure {
  readonly statement?: string;
}

/** Why PostgreSQL refused a statement that somebody wrote; undefined where its own message says it all. */
export async function explainSql(
  session: ReadSession,
  error: SqlError,
  caller: DatabaseCaller,
): Promise<Explanation | undefined> {
  const { code, message, statement = '' } = error;
  if (code === '42P01') return explainMissingTable(session, message);
  const command = COMMANDS.find((word) => statement.toLowerCase().startsWith(word)) ?? 'select';
  const refused = /^new row violates row-level security policy .*for table "(.+)"$/.exec(message)?.[1];
  if (refused !== undefined)
    return explainRefusedRow(session, refused, command === 'update' ? command : 'insert', caller);
  if (code !== '42501' && code !== '42P17') return undefined;
  // These errors are the same for a statement of REST.
  const denied = readDenied(message);
  const [schema] = denied?.object === 'table' ? await findSchemas(session, denied.name) : [];
  const target = schema !== undefined &&
    denied && { action: command, schema, name: denied.name, returnsRows: /\sreturning\s/i.test(statement) };
  const request = { method: '', url: 'the statement', status: 400, milliseconds: 0, request: error };
  return explainRest(session, { kind: 'rest', ...request, error, caller, ...(target && { target }) }, []);
}

/** Why a statement of a caller found no rows: rows of a table that it reads and that policies hide; undefined otherwise. */
export async function explainNoRows(
  session: ReadSession,
  statement: string,
  caller: DatabaseCaller,
): Promise<Explanation | undefined> {
  const plan = { text: `explain (verbose, format json) ${statement}`, params: [] };
  // With policies, PostgreSQL leaves a table that has none for the caller out of the plan.
  const planned = await session.attempt(withoutPolicies(settingsOfCaller(caller)), plan);
  if ('error' in planned) return undefined;
  const tables = tablesOf(planned.rows[0]?.['QUERY PLAN']).slice(0, MAX_TABLES);
  for (const table of tables) {
    const explanation = await explainHiddenRow(session, table, caller);
    if (explanation) return explanation;
  }
  return undefined;
}

const MAX_TABLES = 5;

/** The tables that a plan reads. */
function tablesOf(plan: unknown): { schema: string; name: string }[] {
  if (Array.isArray(plan)) return plan.flatMap(tablesOf);
  if (!isObject(plan)) return [];
  const { Schema: schema, 'Relation Name': name } = plan;
  const own = typeof schema === 'string' && typeof name === 'string' ? [{ schema, name }] : [];
  return [...own, ...tablesOf(plan.Plan), ...tablesOf(plan.Plans)];
}

const COMMANDS: readonly Privilege[] = ['select', 'insert', 'update', 'delete'];

async function explainMissingTable(session: ReadSession, message: string): Promise<Explanation | undefined> {
  const name = /^relation "(?:.*\.)?([^".]+)" does not exist$/.exec(message)?.[1];
  if (name === undefined) return undefined;
  const [schema] = await findSchemas(session, name);
  const meant = schema === undefined ? closest(name, await relationNames(session, 'public')) : undefined;
  if (schema === undefined && meant === undefined) return undefined;
  const base = { kind: 'table-missing', subject: name, level: 'problem' } as const;
  return schema === undefined
    ? { ...base, cause: `There is no table ${name}; the nearest name is ${meant}.`, cure: `Write ${meant}.` }
    : {
        ...base,
        cause: `There is a table ${name} in the schema ${schema}, which is not searched.`,
        cure: 'Write its schema too.',
        code: qualified({ schema, name }),
      };
}

/** The row itself is not known, so that the policies are named and not evaluated. */
async function explainRefusedRow(
  session: ReadSession,
  table: string,
  command: Privilege,
  caller: DatabaseCaller,
): Promise<Explanation | undefined> {
  const { role } = caller;
  const [schema] = await findSchemas(session, table);
  const relation = schema === undefined ? undefined : await readRelation(session, schema, table, role);
  if (!relation) return undefined;
  const all = await readPolicies(session, relation, role);
  const deciding = policiesFor(all, command);
  const who = `${nameCaller(caller)} may not ${command} this row of ${qualified(relation)}`;
  const base = { subject: qualified(relation), level: 'problem' } as const;
  if (!deciding.some(({ isPermissive }) => isPermissive)) {
    const outcome = { command, phase: 'check', evaluated: [], verdict: combine([]), all } as const;
    const missing = explainPolicies(relation, outcome, { role, rowLabel: '' });
    if (missing) {
      const { because, ...rest } = missing;
      return { ...rest, ...base, cause: `${who}: ${because}.` };
    }
  }
  return {
    ...base,
    kind: 'policy-false',
    cause: `${who}: no permissive policy for ${command} is true for it, or a restrictive one is not.`,
    cure: `Write a row that they allow, or change the policies for ${command}.`,
    details: deciding.map(
      ({ name, using, check }) => `policy "${name}" with check (${check ?? using ?? 'true'})`,
    ),
  };
}
