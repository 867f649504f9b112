import type { MutatePlan } from '../plan/types.ts';
import type { QualifiedName } from '../schema-cache/types.ts';
import { bodySql } from './body.ts';
import { logicSql, whereSql } from './conditions.ts';
import { columnSql } from './fields.ts';
import { quoteQualifiedName, quoteIdentifier } from './quote.ts';
import type { Parameters } from './parameters.ts';

const BODY: QualifiedName = { schema: '', name: 'pgrst_body' };

/** The INSERT, UPDATE or DELETE of a request, with its RETURNING clause. */
export function mutateSql(plan: MutatePlan, params: Parameters): string {
  const into = quoteQualifiedName(plan.into);
  switch (plan.kind) {
    case 'insert':
      return insertSql(plan, into, params);
    case 'update':
      return updateSql(plan, into, params);
    case 'delete': {
      const where = whereSql(plan.where.map((tree) => logicSql(plan.into, tree, params)));
      return `DELETE FROM ${into}${where}${returningSql(plan)}`;
    }
  }
}

function insertSql(plan: MutatePlan & { kind: 'insert' }, into: string, params: Parameters): string {
  const { columns, body, onConflict, applyDefaults } = plan;
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const values = columns.map(({ name }) => columnSql(BODY, name)).join(', ');
  const isMerge = onConflict?.resolution === 'merge';
  const conditions = [
    ...(isMerge ? [countInserted(1)] : []),
    ...plan.where.map((tree) => logicSql(BODY, tree, params)),
  ];
  return (
    `INSERT INTO ${into}${columns.length === 0 ? '' : `(${names})`} SELECT ${values}` +
    bodySql(body, columns, params, { applyDefaults }) +
    whereSql(conditions) +
    conflictSql(plan) +
    returningSql(plan)
  );
}

/**
 * A condition that is always true and counts inserted rows in a setting of the transaction: it adds one for each row of
 * the body, and subtracts one for each that turns out to be an update.
 */
function countInserted(change: 1 | -1): string {
  const known = "coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0)";
  const never = change === 1 ? '0' : '-1';
  const sign = change === 1 ? '+' : '-';
  return `set_config('pgrst.inserted', (${known} ${sign} 1)::text, true) <> '${never}'`;
}

function conflictSql({ onConflict, columns }: MutatePlan & { kind: 'insert' }): string {
  if (!onConflict || onConflict.columns.length === 0) return '';
  const target = ` ON CONFLICT(${onConflict.columns.map(quoteIdentifier).join(', ')})`;
  if (onConflict.resolution === 'ignore' || columns.length === 0) return `${target} DO NOTHING`;
  const sets = columns.map(({ name }) => `${quoteIdentifier(name)} = EXCLUDED.${quoteIdentifier(name)}`);
  return `${target} DO UPDATE SET ${sets.join(', ')} WHERE ${countInserted(-1)}`;
}

function updateSql(plan: MutatePlan & { kind: 'update' }, into: string, params: Parameters): string {
  const { columns, body, applyDefaults, returning } = plan;
  if (columns.length === 0) {
    // Nothing to set: no row changes, but the outer query needs the columns.
    const table = { schema: '', name: plan.into.name };
    const shown = returning.map((column) => columnSql(table, column));
    return `SELECT ${shown.length === 0 ? 'NULL' : shown.join(', ')} FROM ${into} WHERE false`;
  }
  const sets = columns.map(({ name }) => `${quoteIdentifier(name)} = ${columnSql(BODY, name)}`);
  return (
    `UPDATE ${into} SET ${sets.join(', ')}` +
    bodySql(body, columns, params, { applyDefaults }) +
    whereSql(plan.where.map((tree) => logicSql(plan.into, tree, params))) +
    returningSql(plan)
  );
}

/** Returns a constant when no column is needed, so that rows can still be counted. */
function returningSql({ into, returning }: MutatePlan): string {
  if (returning.length === 0) return ' RETURNING 1';
  return ` RETURNING ${returning.map((column) => columnSql(into, column)).join(', ')}`;
}
