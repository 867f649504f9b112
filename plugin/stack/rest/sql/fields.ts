import type { Aggregate, JsonStep } from '../parse/ast.ts';
import type { QualifiedName } from '../schema-cache/types.ts';
import type { PlannedField, PlannedOrder, ResolvedField, SpreadField } from '../plan/types.ts';
import { quoteQualifiedName, quoteIdentifier } from './quote.ts';
import type { Parameters } from './parameters.ts';

export function columnSql(table: QualifiedName, column: string): string {
  return `${quoteQualifiedName(table)}.${column === '*' ? '*' : quoteIdentifier(column)}`;
}

/** A field of `table`: its column, with its JSON path or as a text search vector. */
export function fieldSql(table: QualifiedName, field: ResolvedField, params: Parameters): string {
  let sql: string;
  if (field.fullRow) sql = quoteIdentifier(table.name);
  else if (field.path.length === 0) sql = columnSql(table, field.name);
  else {
    const column = columnSql(table, field.name);
    const path = field.path.map((step) => stepSql(step, params)).join('');
    sql = (field.toJson ? `to_jsonb(${column})` : column) + path;
  }
  if (!field.toTsVector) return sql;
  const { language } = field.toTsVector;
  return `to_tsvector(${language === undefined ? '' : `${params.add(language)}, `}${sql})`;
}

function stepSql({ arrow, operand }: JsonStep, params: Parameters): string {
  return arrow + ('key' in operand ? params.add(operand.key) : `${params.add(operand.index)}::int`);
}

/** An element of a select list. */
export function selectFieldSql(table: QualifiedName, item: PlannedField, params: Parameters): string {
  const { field, aggregate, aggregateCast, cast, alias } = item;
  const value = fieldSql(table, field, params);
  const shown = field.transform === undefined ? value : `${field.transform}(${value})`;
  return aggregateSql(castSql(shown, cast), aggregate, aggregateCast) + aliasSql(alias);
}

/** A column of a to-one spread in its parent's select list. */
export function spreadFieldSql(joinAlias: string, item: SpreadField): string {
  const column = columnSql({ schema: '', name: joinAlias }, item.name);
  return aggregateSql(column, item.aggregate, item.aggregateCast) + aliasSql(item.alias);
}

function aliasSql(alias: string | undefined): string {
  return alias === undefined ? '' : ` AS ${quoteIdentifier(alias)}`;
}

// Unquoted, because `"int"` is not the type `int`. The grammar accepts only letters, digits, `_`, `$` and spaces here.
function castSql(sql: string, type: string | undefined): string {
  return type === undefined ? sql : `CAST(${sql} AS ${type})`;
}

function aggregateSql(sql: string, aggregate: Aggregate | undefined, cast: string | undefined): string {
  return aggregate === undefined ? sql : castSql(`${aggregate.toUpperCase()}(${sql})`, cast);
}

const NULLS = { nullsfirst: ' NULLS FIRST', nullslast: ' NULLS LAST' } as const;

/** The `ORDER BY` clause, or nothing. */
export function orderSql(table: QualifiedName, order: readonly PlannedOrder[], params: Parameters): string {
  if (order.length === 0) return '';
  const terms = order.map(({ relation, field, direction, nulls }) => {
    const owner = relation === undefined ? table : { schema: '', name: relation };
    const suffix = (direction ? ` ${direction.toUpperCase()}` : '') + (nulls ? NULLS[nulls] : '');
    return fieldSql(owner, field, params) + suffix;
  });
  return ` ORDER BY ${terms.join(', ')}`;
}
