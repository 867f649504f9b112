import type { DatabaseCaller } from '../../shared/observations.ts';
import type { Explanation } from '../explanation.ts';
import { nameCaller } from '../facts/caller.ts';
import { qualified, quoteIfNeeded } from '../facts/quote.ts';
import type { Privilege, RelationFacts } from '../facts/relations.ts';
import type { PolicyOutcome } from '../facts/rows.ts';
import { explainPolicies } from './policies.ts';

/** A `permission denied for …` of PostgreSQL (42501), read. */
export interface Denied {
  readonly object: 'table' | 'schema' | 'function' | 'sequence';
  readonly name: string;
}

export function readDenied(message: string): Denied | undefined {
  const [, object = '', name = ''] =
    /^permission denied for (table|view|materialized view|foreign table|schema|function|procedure|sequence) (.+)$/.exec(
      message,
    ) ?? [];
  if (name === '') return undefined;
  if (object === 'schema' || object === 'sequence') return { object, name };
  return { object: object === 'function' || object === 'procedure' ? 'function' : 'table', name };
}

/** What a command needs: reading is needed for filters and for returned rows. */
export function neededPrivileges(command: Privilege, returnsRows: boolean): readonly Privilege[] {
  return command === 'select' || (command === 'insert' && !returnsRows) ? [command] : ['select', command];
}

/** A missing GRANT on a table. */
export function explainDeniedTable(
  relation: RelationFacts,
  caller: DatabaseCaller,
  needed: readonly Privilege[],
): Explanation {
  const table = qualified(relation);
  const role = quoteIfNeeded(caller.role);
  const partly =
    relation.readableColumns.length > 0 && relation.readableColumns.length < relation.columns.length;
  const missing = needed.filter((privilege) => !relation.privileges.includes(privilege));
  const privileges = (missing.length > 0 ? missing : needed).join(', ');
  const unsafe = relation.kind === 'table' && !relation.isSecured;
  if (partly && missing.length > 0) {
    const hidden = relation.columns.filter((column) => !relation.readableColumns.includes(column));
    return {
      kind: 'column-grant-missing',
      subject: `${table} to ${caller.role}`,
      level: 'problem',
      cause: `${nameCaller(caller)} may read only some columns of ${table}: not ${hidden.join(', ')}.`,
      cure: 'Name the columns in select(), or grant the others.',
      code: `grant select (${hidden.map(quoteIfNeeded).join(', ')}) on ${table} to ${role};`,
    };
  }
  return {
    kind: 'grant-missing',
    subject: `${table} to ${caller.role}`,
    level: 'problem',
    cause: `${nameCaller(caller)} has no privilege to ${privileges.replaceAll(', ', ' and ')} ${relation.kind === 'table' ? 'rows of' : 'from'} ${table}: new tables are closed to the Data API until they are granted.`,
    cure: `Grant it in a migration${unsafe ? ', and turn row level security on' : ''}.`,
    code: `grant ${privileges} on ${table} to ${role};${unsafe ? ` alter table ${table} enable row level security;` : ''}`,
  };
}

/** A missing GRANT on something that is not a table. */
export function explainDenied({ object, name }: Denied, caller: DatabaseCaller): Explanation {
  const role = quoteIfNeeded(caller.role);
  const grants = {
    table: `grant select on ${name} to ${role};`,
    schema: `grant usage on schema ${quoteIfNeeded(name)} to ${role};`,
    function: `grant execute on function ${name} to ${role};`,
    sequence: `grant usage on sequence ${name} to ${role};`,
  };
  return {
    kind: 'grant-missing',
    subject: `${object} ${name} to ${caller.role}`,
    level: 'problem',
    cause: `${nameCaller(caller)} has no privilege on the ${object} ${name}.`,
    cure: 'Grant it in a migration.',
    code: grants[object],
  };
}

/** A new row that policies refuse. */
export function explainRefusedRow(
  relation: RelationFacts,
  caller: DatabaseCaller,
  outcomes: readonly PolicyOutcome[],
  { command, label }: { command: Privilege; label: string },
): Explanation {
  const table = qualified(relation);
  const subject = `${table} for ${command} to ${caller.role}`;
  const failing = outcomes.find(({ verdict }) => verdict.isAllowed !== true);
  const cause =
    failing && explainPolicies(relation, failing, { role: caller.role, rowLabel: `the row ${label}` });
  if (!failing || !cause) {
    return {
      kind: 'row-refused',
      subject,
      level: 'problem',
      cause: `A policy of ${table} refuses the row as a trigger or a default changed it; as it was sent, all policies are true.`,
      cure: 'Look at the triggers of the table, and at the policies.',
      details: outcomes.flatMap(({ evaluated }) =>
        evaluated.map(({ name }) => `policy "${name}" is true for the row as sent`),
      ),
    };
  }
  const { because, ...rest } = cause;
  if (failing.command === 'select' && command !== 'select') {
    return {
      ...rest,
      kind: 'returned-row-hidden',
      subject,
      level: 'problem',
      cause: `${nameCaller(caller)} may ${command} this row of ${table}, but not read it back, which .select() after .${command}() asks for: ${because}.`,
      cure: `Leave out .select() after .${command}(), or create a policy for select.`,
    };
  }
  return {
    ...rest,
    subject,
    level: 'problem',
    cause: `${nameCaller(caller)} may not ${command} this row of ${table}: ${because}.`,
  };
}
