import type { Statement } from '../database/transaction.ts';
import type { PlannedLogic } from '../plan/types.ts';
import type { QualifiedName } from '../schema-cache/types.ts';
import { logicSql, whereSql } from './conditions.ts';
import { Parameters } from './parameters.ts';
import { quoteQualifiedName } from './quote.ts';

/**
 * The rows of a table that a request's own filters name, each as text of the row type: for explaining an answer. Filters
 * on the presence of embedded resources count as passed.
 */
export function buildMatching(
  table: QualifiedName,
  where: readonly PlannedLogic[],
  limit: number,
): Statement {
  const params = new Parameters();
  const conditions = where.map((tree) => logicSql(table, tree, params, () => 'true'));
  const name = quoteQualifiedName(table);
  const text = `SELECT (${name}.*)::text AS row FROM ${name}${whereSql(conditions)} LIMIT ${limit}`;
  return { text, params: params.values };
}
